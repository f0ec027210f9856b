with published as (
    select
        tenant_id,
        day,
        currency,
        rate,
        rate_date,
        _ingested_at
    from {{ source('ecb', 'ecb_fx_rates') }}
    where
        {{ tenant_days() }}
        -- An older rate is no rate: the amounts it would have made stay empty and a check says so.
        and rate_date >= {{ day_before('day', 7, 'day') }}
        and rate_date <= day
),

-- Rates are per euro, so the euro's own rate is not published.
euro as (
    select
        tenant_id,
        day,
        'EUR' as currency,
        {{ money('1') }} as rate,
        max(rate_date) as rate_date,
        max(_ingested_at) as _ingested_at
    from published
    group by tenant_id, day
)

select
    tenant_id,
    day,
    currency,
    rate,
    rate_date,
    _ingested_at
from published
union all
select
    tenant_id,
    day,
    currency,
    rate,
    rate_date,
    _ingested_at
from euro
