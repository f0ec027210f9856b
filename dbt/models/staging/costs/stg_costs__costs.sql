select
    tenant_id,
    day,
    cost_id,
    kind,
    name as cost_name,
    amount,
    currency,
    cost_platform as platform,
    file_name,
    file_line,
    from_date,
    to_date,
    period_amount,
    _ingested_at
from {{ source('costs', 'costs') }}
where {{ tenant_days() }}
