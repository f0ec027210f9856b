{%- set reporting_currency = var('reporting_currency') -%}

with orders as (
    {{ union_platforms('orders', ['shopee', 'shopify'], {
        'tenant_id': 'text', 'day': 'day', 'platform': 'text', 'shop_id': 'text', 'order_id': 'text',
        'customer_id': 'text', 'order_status': 'text', 'order_status_normalized': 'text', 'is_unpaid': 'flag',
        'is_revenue': 'flag', 'payment_method': 'text', 'units': 'whole', 'returned_units': 'whole',
        'gross_amount': 'money', 'discount_amount': 'money', 'net_amount': 'money',
        'refund_amount': 'money', 'currency': 'text', 'order_timestamp': 'instant',
        'updated_at': 'instant', '_ingested_at': 'instant'
    }) | indent(4) }}
),

rates as (
    select *
    from {{ ref('fx_rates') }}
    where {{ tenant_days() }}
),

shops as (
    select *
    from {{ ref('int_shop_days') }}
    where {{ tenant_days() }}
),

converted as (
    select
        orders.*,
        shops.shop_name,
        {{ convert('orders.net_amount', 'orders.currency', "'THB'", 'rates.rate', 'rates.thb_rate') }}
            as amount_thb,
        {{ convert(
            'orders.net_amount', 'orders.currency', "'" ~ reporting_currency ~ "'", 'rates.rate',
            'rates.reporting_rate'
        ) }} as amount_reporting,
        {{ convert(
            'orders.refund_amount', 'orders.currency', "'" ~ reporting_currency ~ "'", 'rates.rate',
            'rates.reporting_rate'
        ) }} as refund_amount_reporting,
        case
            when orders.currency = '{{ reporting_currency }}' then {{ money('1') }}
            else rates.fx_rate
        end as fx_rate,
        case
            when orders.currency = '{{ reporting_currency }}' then orders.day
            else rates.fx_rate_date
        end as fx_rate_date
    from orders
    left join rates
        on orders.day = rates.day and orders.currency = rates.currency
    left join shops
        on
            orders.day = shops.day
            and orders.platform = shops.platform
            and orders.shop_id = shops.shop_id
)

select
    tenant_id,
    day,
    platform,
    shop_id,
    shop_name,
    order_id,
    customer_id,
    order_status,
    order_status_normalized,
    is_unpaid,
    is_revenue,
    payment_method,
    units,
    returned_units,
    gross_amount,
    discount_amount,
    net_amount,
    refund_amount,
    currency,
    amount_thb,
    amount_reporting,
    refund_amount_reporting,
    '{{ reporting_currency }}' as reporting_currency,
    fx_rate,
    fx_rate_date,
    amount_thb is null or amount_reporting is null as is_fx_missing,
    day as order_date,
    order_timestamp,
    updated_at,
    _ingested_at
from converted
