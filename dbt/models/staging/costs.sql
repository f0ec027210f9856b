{%- set reporting_currency = var('reporting_currency') -%}

with costs as (
    select *
    from {{ ref('stg_costs__costs') }}
    where {{ tenant_days() }}
),

rates as (
    select *
    from {{ ref('fx_rates') }}
    where {{ tenant_days() }}
),

converted as (
    select
        costs.*,
        {{ convert(
            'costs.amount', 'costs.currency', "'" ~ reporting_currency ~ "'", 'rates.rate',
            'rates.reporting_rate'
        ) }} as amount_reporting,
        case
            when costs.currency = '{{ reporting_currency }}' then {{ money('1') }}
            else rates.fx_rate
        end as fx_rate,
        case
            when costs.currency = '{{ reporting_currency }}' then costs.day
            else rates.fx_rate_date
        end as fx_rate_date
    from costs
    left join rates
        on costs.day = rates.day and costs.currency = rates.currency
)

select
    tenant_id,
    day,
    day as date,
    cost_id,
    kind,
    cost_name,
    platform,
    amount,
    amount_reporting,
    currency,
    '{{ reporting_currency }}' as reporting_currency,
    fx_rate,
    fx_rate_date,
    amount_reporting is null as is_fx_missing,
    from_date,
    to_date,
    file_name,
    file_line,
    _ingested_at
from converted
