"""When a model is computed by itself: after an input was written by a run that did not write the model too.

Refreshes compute models in the run that fetches, so nothing is left to do after them. A raw partition that a
person or a sensor materialises alone is followed by its models, whatever its day.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from marketing_assets.with_models import WITH_MODELS


def follows_inputs(
    snapshots: Sequence[dg.AssetKey], said: Sequence[dg.AssetKey] = ()
) -> dg.AutomationCondition[dg.AssetKey]:
    """The condition of a staging model or mart.

    `snapshots` are the raw tables told only as of now: most days have none, and models do without. Any other
    input has to be there for the day, without a blocking check that fails, and nobody at work on it. What is
    `said` of a day the morning after is neither waited for nor followed: the next refresh shows it.

    Dagster's `eager` looks at the newest day alone, and forgets an input that changes while the model is
    written. Here an update outlives the request before it. Its `any_deps_updated` knows of the newest day
    alone which run wrote it; the runs of refreshes are known by their tag.
    """
    condition = dg.AutomationCondition
    of_models = dg.AssetSelection.assets(*said)
    updated = condition.any_deps_match(
        (
            condition.newly_updated()
            & ~condition.executed_with_root_target()
            & ~condition.all_new_updates_have_run_tags(tag_values=WITH_MODELS)
        ).with_label("written by a run without this model")
        | condition.will_be_requested()
    ).ignore(of_models)
    answered = (condition.newly_requested() | condition.newly_updated()) & ~updated
    missing = condition.any_deps_missing().ignore(dg.AssetSelection.assets(*snapshots, *said))
    failing = condition.any_deps_match(
        condition.any_checks_match(
            condition.check_failed() & ~condition.will_be_requested(), blocking_only=True
        )
    ).ignore(of_models)
    return (
        updated.since(answered).with_label("an input was written since")
        & ~missing
        & ~condition.any_deps_in_progress().ignore(of_models)
        & ~condition.in_progress()
        & ~failing.with_label("an input's blocking check fails")
    ).with_label("follows its inputs")
