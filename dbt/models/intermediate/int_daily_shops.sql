with orders as (
    select *
    from {{ ref('orders') }}
    where {{ tenant_days() }}
),

shops as (
    select *
    from {{ ref('int_shop_days') }}
    where {{ tenant_days() }}
),

-- Every known shop has a row for each day; so has a shop that sold before it was ever listed.
spine as (
    select
        day,
        platform,
        shop_id
    from shops
    union distinct
    select
        day,
        platform,
        shop_id
    from orders
),

sales as (
    select
        day,
        platform,
        shop_id,
        sum(amount_reporting) as revenue,
        count(*) as orders,
        sum(units) as units,
        sum(refund_amount_reporting) as refund_amount
    from orders
    where is_revenue
    group by day, platform, shop_id
),

settling as (
    {{ settling() }}
),

expectations as (
    {{ newest_expectations(ref('order_expected_finals')) | indent(4) }}
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    spine.day,
    spine.platform,
    spine.shop_id,
    shops.shop_name,
    shops.is_backdated as is_shop_name_backdated,
    {{ money('coalesce(sales.revenue, 0)') }} as revenue,
    coalesce(sales.orders, 0) as orders,
    cast(coalesce(sales.units, 0) as {{ type_of('whole') }}) as units,
    {{ money('coalesce(sales.refund_amount, 0)') }} as refund_amount,
    '{{ var("reporting_currency") }}' as currency,
    coalesce(
        expectations.is_final,
        {{ days_between('spine.day', "date '" ~ var('today') ~ "'") }} >= settling.settles_after
    ) as is_final,
    {{ multiply_divide('sales.revenue', 'expectations.growth', '1') }} as expected_revenue,
    {{ multiply_divide('sales.revenue', 'expectations.growth_low', '1') }} as expected_revenue_low,
    {{ multiply_divide('sales.revenue', 'expectations.growth_high', '1') }} as expected_revenue_high
from spine
left join shops
    on
        spine.day = shops.day
        and spine.platform = shops.platform
        and spine.shop_id = shops.shop_id
left join sales
    on
        spine.day = sales.day
        and spine.platform = sales.platform
        and spine.shop_id = sales.shop_id
left join expectations
    on
        spine.day = expectations.day
        and spine.platform = expectations.platform
        and spine.shop_id = expectations.account_id
        and expectations.metric = 'revenue'
left join settling on spine.platform = settling.platform
