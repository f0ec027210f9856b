{%- set of_ads = ['spend', 'impressions', 'clicks', 'conversions', 'conversion_value'] -%}
{%- set of_orders = ['orders', 'units', 'revenue', 'refunds'] -%}
{%- set kinds = {
    'spend': 'money', 'impressions': 'whole', 'clicks': 'whole', 'conversions': 'money',
    'conversion_value': 'money', 'orders': 'whole', 'units': 'whole', 'revenue': 'money', 'refunds': 'money'
} -%}

select
    tenant_id,
    day,
    platform,
    'ads_performance' as table_name,
    account_id,
    campaign_id,
    currency,
    {% for metric, kind in kinds.items() -%}
    {{ metric if metric in of_ads else 'cast(null as ' ~ type_of(kind) ~ ')' }} as {{ metric }},
    {% endfor -%}
    observed_at,
    days_after,
    hours_after
from {{ ref('ads_observations') }}
where {{ tenant_days() }}
union all
select
    tenant_id,
    day,
    platform,
    'orders' as table_name,
    shop_id as account_id,
    cast(null as {{ type_of('text') }}) as campaign_id,
    currency,
    {% for metric, kind in kinds.items() -%}
    {{ metric if metric in of_orders else 'cast(null as ' ~ type_of(kind) ~ ')' }} as {{ metric }},
    {% endfor -%}
    observed_at,
    days_after,
    hours_after
from {{ ref('order_observations') }}
where {{ tenant_days() }}
