"""The tables that the intelligence layer writes, column by column.

`day` is the day as of which a row was computed, in the tenant's zone: what it says was known on the morning
of that day, when the newest whole day was the one before. Amounts are in the reporting currency of the row.
"""

from __future__ import annotations

from marketing_assets.schema import DAY, Column, Type
from marketing_assets.table_spec import TableSpec

_TENANT = Column("tenant_id", Type.STRING, "The tenant the row belongs to.", required=True)
_AS_OF = Column(DAY, Type.DATE, "Partition day: the day as of which it was computed.", required=True)
_ENTITY_ID = Column(
    "entity_id",
    Type.STRING,
    "`<platform>`, `<platform>/<shop or account>`, `<platform>/<account>/<campaign>` or a SKU; empty for the "
    "tenant.",
    required=True,
)
_ENTITY_NAME = Column("entity_name", Type.STRING, "What people call it.", required=True)
_PLATFORM = Column("platform", Type.STRING, "Its platform; null where it has none of its own.")
_CURRENCY = Column("currency", Type.STRING, "The tenant's reporting currency.", required=True)
_RECONSTRUCTED = Column(
    "is_reconstructed",
    Type.BOOL,
    "Whether the numbers were first fetched later and scaled back to what would have been known.",
    required=True,
)


def _bounds(metric: str, *levels: int) -> tuple[Column, ...]:
    return tuple(
        Column(f"{side}_{level}", Type.NUMERIC, f"{words} end of the {level} % interval of {metric}.")
        for level in levels
        for side, words in (("low", "Lower"), ("high", "Upper"))
    )


SALE_CALENDAR = TableSpec(
    name="dim_sale_calendar",
    description="What moves shops, by day: pay days, holidays, sale days and the tenant's own promotions.",
    columns=(
        _TENANT,
        Column(DAY, Type.DATE, "Partition day: the calendar day, a year ahead too.", required=True),
        Column("date", Type.DATE, "The same as `day`.", required=True),
        Column("weekday", Type.INT64, "1 Monday to 7 Sunday.", required=True),
        Column("month", Type.INT64, "1 to 12.", required=True),
        Column("is_payday", Type.BOOL, "Whether wages are paid in one of the tenant's markets.", True),
        Column("holiday", Type.STRING, "Public holidays of its markets; null on other days."),
        Column("is_next_to_holiday", Type.BOOL, "Whether the day before or after is one.", required=True),
        Column("sale", Type.STRING, "The sale that shops hold, such as `11.11`; null on other days."),
        Column("is_great_sale", Type.BOOL, "Whether it is one of the year's great sales.", required=True),
        Column(
            "is_near_sale",
            Type.BOOL,
            "Whether a sale or promotion begins within three days, or ended the day before.",
            required=True,
        ),
        Column("promotion", Type.STRING, "The tenant's own promotions; null on other days."),
    ),
    key=(DAY,),
)

ANOMALIES = TableSpec(
    name="anomalies",
    description="What was unusual: a row for each metric judged, what was expected, and why it is no alert.",
    columns=(
        _TENANT,
        _AS_OF,
        Column("date", Type.DATE, "The day that is judged.", required=True),
        Column("entity_type", Type.STRING, "`tenant`, `platform`, `shop`, `account` or `campaign`.", True),
        _ENTITY_ID,
        _ENTITY_NAME,
        _PLATFORM,
        Column("campaign_id", Type.STRING, "The campaign; null for other entities."),
        Column("metric", Type.STRING, "The metric, such as `revenue` or `ctr`.", required=True),
        Column("value", Type.NUMERIC, "What was known of it; null where nothing was."),
        Column("expected", Type.NUMERIC, "What was expected; null where there is not enough to say."),
        Column("expected_low", Type.NUMERIC, "Below this it is unusual."),
        Column("expected_high", Type.NUMERIC, "Above this it is unusual."),
        Column("score", Type.NUMERIC, "How unusual it is, 0 to 1; an alert from 0.5 on.", required=True),
        Column("direction", Type.STRING, "`up` or `down`; null where nothing was expected."),
        Column(
            "anomaly_type",
            Type.STRING,
            "`spike`, `drop`, `outage`, `level_shift` or `drift`; null below a score of 0.5.",
        ),
        Column("impact", Type.NUMERIC, "Money at stake, negative for a loss; null where it has no price."),
        _CURRENCY,
        Column(
            "contributors",
            Type.JSON,
            "List of `{entity, share, change}`: which parts explain the change; shares add up to 1.",
            required=True,
        ),
        Column("is_alert", Type.BOOL, "Whether people are told of it.", required=True),
        Column("suppressed_because", Type.STRING, "Why people are not told of it, or nothing can be said."),
        _RECONSTRUCTED,
        Column("model_version", Type.STRING, "The version of the model.", required=True),
    ),
    key=(DAY, "date", "entity_type", "entity_id", "metric"),
)

FORECASTS = TableSpec(
    name="forecasts",
    description="What is expected of the days to come, with intervals.",
    columns=(
        _TENANT,
        _AS_OF,
        Column("date", Type.DATE, "The day that is forecast.", required=True),
        Column("horizon", Type.INT64, "Days from the last known day to it.", required=True),
        Column("entity_type", Type.STRING, "`tenant`, `platform`, `campaign` or `product`.", required=True),
        _ENTITY_ID,
        _ENTITY_NAME,
        _PLATFORM,
        Column("metric", Type.STRING, "`revenue`, `orders`, `spend`, `conversions` or `profit`.", True),
        Column("value", Type.NUMERIC, "What is expected; null where there is not enough to say."),
        *_bounds("it", 50, 80, 95),
        Column("model", Type.STRING, "The members with their weights, or the fallback's name."),
        Column("reason", Type.STRING, "Why there is not enough to say; null where there is."),
        _RECONSTRUCTED,
        _CURRENCY,
    ),
    key=(DAY, "date", "entity_type", "entity_id", "metric"),
)

FORECAST_OUTLOOK = TableSpec(
    name="forecast_outlook",
    description="How the month stands and how it will end, against its target.",
    columns=(
        _TENANT,
        _AS_OF,
        Column("month", Type.DATE, "First day of the month.", required=True),
        Column("metric", Type.STRING, "The metric.", required=True),
        Column("to_date", Type.NUMERIC, "The month up to the last known day."),
        Column("value", Type.NUMERIC, "What the month is expected to come to; null: not enough to say."),
        *_bounds("it", 50, 80, 95),
        Column("target", Type.NUMERIC, "What the tenant aims at; null without a target."),
        Column("reason", Type.STRING, "Why there is not enough to say; null where there is."),
        _RECONSTRUCTED,
        _CURRENCY,
    ),
    key=(DAY, "month", "metric"),
)

FORECAST_ERRORS = TableSpec(
    name="forecast_errors",
    description="How far forecasts of earlier days were off, measured on what came.",
    columns=(
        _TENANT,
        _AS_OF,
        Column("entity_type", Type.STRING, "`tenant`, `platform`, `campaign` or `product`.", required=True),
        _ENTITY_ID,
        Column("metric", Type.STRING, "The metric.", required=True),
        Column("origins", Type.INT64, "Earlier days that were forecast from.", required=True),
        Column("mase", Type.NUMERIC, "Mean error in those of the seasonal naive forecast's history."),
        Column("naive_mase", Type.NUMERIC, "The same of the seasonal naive forecast itself."),
        Column("coverage_50", Type.NUMERIC, "Share of days inside the 50 % interval."),
        Column("coverage_80", Type.NUMERIC, "Share of days inside the 80 % interval."),
        Column("coverage_95", Type.NUMERIC, "Share of days inside the 95 % interval."),
        _RECONSTRUCTED,
    ),
    key=(DAY, "entity_type", "entity_id", "metric"),
)

_LEVEL = Column("level", Type.STRING, "`channel` or `campaign`.", required=True)
_ACCOUNT = Column("account_id", Type.STRING, "The ad account; empty for a channel of several.", required=True)
_CAMPAIGN = Column("campaign_id", Type.STRING, "The campaign; empty for a channel.", required=True)

BUDGET_RECOMMENDATIONS = TableSpec(
    name="budget_recommendations",
    description="How daily budgets should be split, and what that is expected to bring.",
    columns=(
        _TENANT,
        _AS_OF,
        _LEVEL,
        Column("platform", Type.STRING, "The ad platform.", required=True),
        _ACCOUNT,
        _CAMPAIGN,
        Column("name", Type.STRING, "What people call it.", required=True),
        Column("current_value", Type.NUMERIC, "Daily spend now."),
        Column("recommended_value", Type.NUMERIC, "Daily spend recommended; null: not enough to say."),
        Column("expected_impact", Type.NUMERIC, "Change of the goal a day."),
        Column("impact_low", Type.NUMERIC, "Lower end of its 80 % interval."),
        Column("impact_high", Type.NUMERIC, "Upper end of its 80 % interval."),
        Column("goal", Type.STRING, "`profit` or `revenue`.", required=True),
        Column("confidence", Type.NUMERIC, "Probability, 0 to 1, that the change is for the better."),
        Column("reason", Type.STRING, "Why, in one plain sentence.", required=True),
        Column("guard_rails", Type.JSON, "List of the guard rails that were applied.", required=True),
        Column("is_exploration", Type.BOOL, "Whether it is done in order to learn.", required=True),
        _RECONSTRUCTED,
        _CURRENCY,
    ),
    key=(DAY, "level", "platform", "account_id", "campaign_id"),
)

RECOMMENDATION_OUTCOMES = TableSpec(
    name="recommendation_outcomes",
    description="What became of earlier budget recommendations, two and four weeks later.",
    columns=(
        _TENANT,
        _AS_OF,
        Column("recommended_on", Type.DATE, "The day as of which it was recommended.", required=True),
        Column(
            "level",
            Type.STRING,
            "`channel`, `campaign`, or `plan` for all channels together.",
            required=True,
        ),
        Column("platform", Type.STRING, "The ad platform; empty for a plan.", required=True),
        _ACCOUNT,
        _CAMPAIGN,
        Column("name", Type.STRING, "What people call it.", required=True),
        Column("goal", Type.STRING, "`profit` or `revenue`.", required=True),
        Column("before_value", Type.NUMERIC, "Daily spend when it was recommended."),
        Column("recommended_value", Type.NUMERIC, "Daily spend that was recommended."),
        Column("actual_value", Type.NUMERIC, "Daily spend since."),
        Column(
            "was_followed", Type.BOOL, "Whether spend went where it was recommended; null: not yet known."
        ),
        Column("expected_impact", Type.NUMERIC, "Change of the goal a day that was expected."),
        Column(
            "actual_impact",
            Type.NUMERIC,
            "Goal a day since, less what was forecast; of plans alone, null where there was no forecast.",
        ),
        Column("actual_low", Type.NUMERIC, "Lower end of its 80 % interval, by the forecast's own."),
        Column("actual_high", Type.NUMERIC, "Upper end of its 80 % interval, by the forecast's own."),
        Column("reason", Type.STRING, "What can be said of it, in one plain sentence.", required=True),
        _CURRENCY,
    ),
    key=(DAY, "recommended_on", "level", "platform", "account_id", "campaign_id"),
)

AI_RECOMMENDATIONS = TableSpec(
    name="ai_recommendations",
    description="What to look at and what to do, the dearest first.",
    columns=(
        _TENANT,
        _AS_OF,
        Column("recommendation_id", Type.STRING, "Stays the same over days and re-runs.", required=True),
        Column("generated_at", Type.TIMESTAMP, "When it was first generated.", required=True),
        Column(
            "recommendation_type",
            Type.STRING,
            "`budget_allocation`, `anomaly`, `prediction` or `action`.",
            required=True,
        ),
        Column("priority", Type.INT64, "Rank among the day's, 1 first.", required=True),
        Column("title", Type.STRING, "What it is about.", required=True),
        Column("description", Type.STRING, "What happened or will, and what to do.", required=True),
        Column("current_value", Type.NUMERIC, "The value now."),
        Column("recommended_value", Type.NUMERIC, "The value recommended or expected."),
        Column("expected_impact", Type.NUMERIC, "Money that it is about, in the reporting currency."),
        Column("confidence_score", Type.NUMERIC, "How sure it is, 0 to 1."),
        Column("affected_platform", Type.STRING, "The platform; null where it is about several."),
        Column("affected_campaign_id", Type.STRING, "The campaign; null where it is about none."),
        Column("is_acknowledged", Type.BOOL, "Whether somebody has taken note.", required=True),
        Column("acknowledged_at", Type.TIMESTAMP, "When; null where nobody has."),
        Column("acknowledged_by", Type.STRING, "Who; null where nobody has."),
        Column("first_seen_on", Type.DATE, "The first day of those on which it stands.", required=True),
        Column("subject", Type.STRING, "What it is about, without figures.", required=True),
        _RECONSTRUCTED,
        _CURRENCY,
    ),
    key=(DAY, "recommendation_id"),
)
