"""The account of a month, for people to read."""

from __future__ import annotations

from collections import Counter, defaultdict

from marketing_assets_tests.month.life import Lived


def account(lived: Lived) -> str:
    """Runs by cause, what was planted and told, marts compared, seconds, deviations."""
    lines = [f"{lived.tenant}, {lived.days}", "", "  Runs by cause"]
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    seconds: Counter[str] = Counter()
    for run in lived.daemon.runs:
        counts[run.cause][run.status] += 1
        seconds[run.cause] += run.seconds
    for cause, found in sorted(counts.items()):
        told = ", ".join(f"{n} {status}" for status, n in sorted(found.items()))
        lines.append(f"    {cause}: {told}, {seconds[cause]:.0f} s of a processor")
    looks = ", ".join(f"{name} {n}" for name, n in sorted(lived.daemon.looked.items()))
    lines += ["", f"  Evaluations: {looks}", f"  Calls to platforms: {lived.requests}"]
    failed = [r for r in lived.daemon.runs if r.status != "SUCCESS"]
    lines += ["", f"  Runs that failed: {len(failed)}"]
    lines += [
        f"    {r.at:%d %b %H:%M} UTC {r.cause}: {next(iter(r.failures.values()), '')[:160]}"
        for r in failed[:20]
    ]
    lines += ["", "  Planted", *(f"    {text}" for text in lived.acts)]
    lines += ["", "  Incidents as planned"]
    for what, one in lived.judgement.matched:
        over = f"{one.recovered:%d %b %H:%M}" if one.recovered else "open"
        lines.append(
            f"    {what}: {one.severity} {one.asset} · {one.check}, {one.opened:%d %b %H:%M} to {over} UTC; "
            f"told {dict(one.alerts)}, its end {dict(one.recoveries)}"
        )
    lines += ["", "  Marts", *(mart.told() for mart in lived.marts)]
    spent = ", ".join(f"{name} {s:.0f}" for name, s in sorted(lived.seconds.items(), key=lambda kv: -kv[1]))
    lines += ["", f"  Seconds of a processor: {spent}", "", f"  Deviations: {len(lived.deviations)}"]
    lines += [f"    {text}" for text in lived.deviations[:60]]
    return "\n".join(lines)
