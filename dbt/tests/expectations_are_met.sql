{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'restatement_curve'}}}) }}

-- Where at least 20 expectations of an age can be held against what came, their intervals, made to hold four
-- times in five, must have held three times in five, and conversions of day 3 on must lie within a tenth.
select
    day,
    platform,
    metric,
    days_after,
    expectations_compared,
    expectations_met,
    expectations_missed_by
from {{ ref('restatement_curve') }}
where
    {{ tenant_days() }}
    and expectations_compared >= 20
    and (
        expectations_met < 0.6
        or (days_after >= 3 and metric in ('conversions', 'revenue') and expectations_missed_by > 0.1)
    )
