"""What a channel's spend brings, from revenue, spend and the platforms' own claims: draws of response curves.

Revenue a day is a baseline (trend, weekday, season of the year, promotions), what each channel's spend
brings, and noise that lasts a few days. How much a channel brings has a prior around what its platform
claims, which is wide, because claims are biased; how the claim moves with spend tells of the curve's shape.
Draws are from the posterior by Gibbs sampling over a grid of shapes and sizes, so there is no fit that can
fail to converge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketing_assets.intelligence.claims import claim_evidence
from marketing_assets.intelligence.curves import CARRY_DAYS, CARRY_OVERS, Floats, carried, shapes
from marketing_assets.intelligence.hidden_promotions import hidden_promotions, rough_effect

_SIZES = np.linspace(-2.6, 2.6, 27)
"""Grid of a channel's size: the logarithm of its return on spend, in spreads of the prior."""
BELIEF, CLAIM_SPREAD = 0.5, 0.6
"""How much of a difference between claims is believed before revenue is seen, and how far it may be off."""
_SHARE_BELIEVED = 0.5
"""Power of the share of a claim that moves with spend: it is an estimate, too."""
_OVER_CLAIM = 0.25
"""Platforms claim more than they bring: the logarithm of by how much, as a rule."""
_SWEEPS, _BURN_IN = 700, 150
_DOUBT = 1.5
"""By how much the evidence of revenue is watered down: no baseline is as simple as it is taken to be."""
_OUTLIER = 4.0
"""Robust spreads beyond which a day is left out."""


@dataclass(frozen=True)
class Draws:
    """Posterior draws: curve (index of `shapes`), its divisor and revenue a day at it, [draws, channels].

    `mean_spend` is of each channel; `returns` the revenue that the history's spend brought per unit of money.
    """

    curve: NDArray[np.int64]
    divisor: Floats
    size: Floats
    mean_spend: Floats

    def revenue(self, channel: int, spend: Floats) -> Floats:
        """Revenue a day that constant daily spends bring in the long run, [draws, spends]."""
        table = shapes().response(spend / self.mean_spend[channel])
        curve = self.curve[:, channel]
        return table[curve] / self.divisor[:, channel, None] * self.size[:, channel, None]


@dataclass(frozen=True)
class _Channel:
    """Responses of all candidates (curve × carry-over) to the history, each of mean 1."""

    responses: NDArray[np.float32]
    divisors: Floats
    log_prior: Floats
    claimed_return: float
    mean_spend: float


def response_draws(
    spend: Floats, revenue: Floats, claimed: Floats, seed: int = 0, known: Floats | None = None
) -> Draws:
    """Draws for channels of daily `spend` [days, channels]; `revenue` of the shop, `claimed` by platforms.

    `known` [days, columns] marks days of which one knows beforehand that they sell, such as sale days.
    """
    rng = np.random.default_rng(seed)
    used = CARRY_DAYS if len(revenue) > 4 * CARRY_DAYS else 0
    season = _baseline(len(revenue))
    if known is not None:
        season = np.concatenate([season, known[:, known.any(axis=0)]], 1)
    promoted = hidden_promotions(season, spend, revenue)
    if promoted.any():
        season = np.concatenate([season, promoted[:, None]], 1)
    channels = [_channel(spend[:, c], claimed[:, c], revenue, used) for c in range(spend.shape[1])]
    keep, lag = _usable_days(season, spend, revenue, used)
    rows = _whitened(season, keep, lag)
    basis, _ = np.linalg.qr(rows)
    target = _residual(_whitened(revenue[:, None], keep, lag), basis)[:, 0]
    stacked = np.concatenate([c.responses for c in channels]).T
    design = _residual(_whitened(stacked, keep, lag).astype(np.float32), basis.astype(np.float32))
    gram = (design.T @ design).astype(np.float64)
    toward = design.T.astype(np.float64) @ target
    return _gibbs(channels, gram, toward, float(target @ target), len(target) - basis.shape[1], rng)


def _baseline(days: int) -> Floats:
    """Columns of what revenue does without ads: level, trend, weekdays, season of the year."""
    t = np.arange(days)
    columns = [np.ones(days), t / days]
    columns += [(t % 7 == d) - 1 / 7 for d in range(6)]
    for k in (1, 2) if days > 500 else (1,):
        columns += [np.sin(2 * np.pi * k * t / 365.25), np.cos(2 * np.pi * k * t / 365.25)]
    return np.stack(columns, 1).astype(float)


def _usable_days(
    season: Floats, spend: Floats, revenue: Floats, used: int
) -> tuple[NDArray[np.bool_], float]:
    """Days without outliers, and how much of a day's noise lasts to the next."""
    columns = np.concatenate([season, rough_effect(spend)], 1)
    keep = np.arange(len(revenue)) >= used
    left = revenue
    for _ in range(4):
        found = np.linalg.lstsq(columns[keep], revenue[keep], rcond=None)[0]
        left = revenue - columns @ found
        spread = 1.4826 * np.median(np.abs(left[keep] - np.median(left[keep]))) + 1e-12
        keep = (np.abs(left) <= _OUTLIER * spread) & (np.arange(len(revenue)) >= used)
    pairs = keep[1:] & keep[:-1]
    a, b = left[1:][pairs], left[:-1][pairs]
    lag = float(np.clip(float(a @ b) / max(float(b @ b), 1e-12), 0.0, 0.8)) if len(a) else 0.0
    return keep, lag


def _whitened(columns: NDArray[np.floating], keep: NDArray[np.bool_], lag: float) -> NDArray[np.floating]:
    rows = keep[1:] & keep[:-1]
    return columns[1:][rows] - lag * columns[:-1][rows]


def _residual(columns: NDArray[np.floating], basis: NDArray[np.floating]) -> NDArray[np.floating]:
    return columns - basis @ (basis.T @ columns)


def _channel(spend: Floats, claimed: Floats, revenue: Floats, used: int) -> _Channel:
    grid = shapes()
    mean = max(float(spend.mean()), 1e-9)
    relative = np.stack([carried(spend, a) for a in CARRY_OVERS]) / mean
    responses = grid.response(np.maximum(relative, 0))  # [curves, carry-overs, days]
    divisors = responses.mean(axis=2) + 1e-12
    responses /= divisors[:, :, None]
    told = claim_evidence(spend / mean, claimed, revenue, used)
    prior = (grid.log_prior + told.shape)[:, None] + np.full(len(CARRY_OVERS), -np.log(len(CARRY_OVERS)))
    total = max(float(spend.sum()), 1e-9)
    return _Channel(
        responses=responses.reshape(-1, len(spend)).astype(np.float32),
        divisors=divisors.reshape(-1),
        log_prior=prior.reshape(-1),
        claimed_return=max(float(claimed.sum()) / total * told.share**_SHARE_BELIEVED, 1e-3),
        mean_spend=mean,
    )


def _gibbs(
    channels: list[_Channel],
    gram: Floats,
    toward: Floats,
    total: float,
    freedom: int,
    rng: np.random.Generator,
) -> Draws:
    """Draw (candidate, size) of one channel after the other, given the others."""
    count, each = len(channels), len(channels[0].divisors)
    log_claims = np.log([c.claimed_return for c in channels])
    centre = BELIEF * log_claims + (1 - BELIEF) * log_claims.mean() - _OVER_CLAIM
    means = np.array([c.mean_spend for c in channels])
    sizes = means[:, None] * np.exp(centre[:, None] + CLAIM_SPREAD * _SIZES)
    steps, squares = sizes.astype(np.float32), (sizes**2).astype(np.float32)
    size_prior = -0.5 * _SIZES**2
    diagonal = np.diag(gram).reshape(count, each)
    blocks = gram.reshape(count, each, count * each)
    fixed = [(c.log_prior[:, None] + size_prior).astype(np.float32) for c in channels]
    at = np.array([int(c.log_prior.argmax()) for c in channels])
    size = sizes[:, len(_SIZES) // 2].copy()
    noise = total / max(freedom, 1)
    kept = _SWEEPS - _BURN_IN
    curve, divisor, drawn = (np.empty((kept, count), dtype=t) for t in (np.int64, float, float))
    for sweep in range(_SWEEPS):
        columns = at + each * np.arange(count)
        for c in range(count):
            others = np.arange(count) != c
            pull = toward[c * each : (c + 1) * each] - blocks[c][:, columns[others]] @ size[others]
            # In single precision: it is most of the work, and only differences of a few units matter.
            doubt = noise * _DOUBT
            slope, bend = (pull / doubt).astype(np.float32), (diagonal[c] / doubt / 2).astype(np.float32)
            logs = fixed[c] + slope[:, None] * steps[c] - bend[:, None] * squares[c]
            weights = np.exp(logs - logs.max()).ravel().cumsum()
            chosen = int(np.searchsorted(weights, rng.random() * weights[-1]))
            at[c], size[c] = chosen // len(_SIZES), sizes[c][chosen % len(_SIZES)]
            columns[c] = at[c] + each * c
        left = total - 2 * size @ toward[columns] + size @ gram[np.ix_(columns, columns)] @ size
        noise = max(left, 1e-9) / rng.chisquare(max(freedom, 1))
        if sweep >= _BURN_IN:
            n = sweep - _BURN_IN
            curve[n] = at // len(CARRY_OVERS)
            divisor[n] = [channels[c].divisors[at[c]] for c in range(count)]
            drawn[n] = size
    return Draws(curve, divisor, drawn, means)
