{%- set reporting_currency = var('reporting_currency') -%}
{%- set amounts = [
    'platform_fees', 'payment_fees', 'shipping_cost', 'shipping_charged', 'import_tax', 'included_tax'
] -%}

with fees as (
    {{ union_platforms('order_fees', ['shopee', 'shopify'], {
        'tenant_id': 'text', 'day': 'day', 'platform': 'text', 'shop_id': 'text', 'order_id': 'text',
        'is_settled': 'flag', 'platform_fees': 'money', 'payment_fees': 'money',
        'shipping_cost': 'money', 'shipping_charged': 'money', 'import_tax': 'money', 'included_tax': 'money',
        'returning_share': 'money', 'return_risk': 'money', 'currency': 'text', '_ingested_at': 'instant'
    }) | indent(4) }}
),

rates as (
    select *
    from {{ ref('fx_rates') }}
    where {{ tenant_days() }}
)

select
    fees.tenant_id,
    fees.day,
    fees.platform,
    fees.shop_id,
    fees.order_id,
    fees.is_settled,
    {% for amount in amounts -%}
    {{ convert(
        'fees.' ~ amount, 'fees.currency', "'" ~ reporting_currency ~ "'", 'rates.rate',
        'rates.reporting_rate'
    ) }} as {{ amount }},
    {% endfor -%}
    fees.returning_share,
    fees.return_risk,
    '{{ reporting_currency }}' as currency,
    fees._ingested_at
from fees
left join rates
    on fees.day = rates.day and fees.currency = rates.currency
