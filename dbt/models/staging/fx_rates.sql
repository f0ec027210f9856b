{%- set reporting_currency = var('reporting_currency') -%}

with rates as (
    select *
    from {{ ref('stg_ecb__fx_rates') }}
    where {{ tenant_days() }}
)

select
    rates.tenant_id,
    rates.day,
    rates.currency,
    rates.rate,
    rates.rate_date,
    '{{ reporting_currency }}' as reporting_currency,
    reporting.rate as reporting_rate,
    baht.rate as thb_rate,
    {{ multiply_divide('1', 'reporting.rate', 'rates.rate') }} as fx_rate,
    least(rates.rate_date, reporting.rate_date) as fx_rate_date,
    rates._ingested_at
from rates
left join rates as reporting
    on
        rates.day = reporting.day
        and reporting.currency = '{{ reporting_currency }}'
left join rates as baht
    on
        rates.day = baht.day
        and baht.currency = 'THB'
