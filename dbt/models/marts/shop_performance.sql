{{ config(meta={'replaces': 'mart_days'}) }}

-- The days of the run, the days that compare with them, and the days all of these look back at.
with shops as (
    select *
    from {{ ref('int_daily_shops') }}
    where {{ tenant_days(which='reference_days') }}
)

select
    shops.tenant_id,
    shops.day,
    shops.day as date,
    shops.platform,
    shops.shop_id,
    shops.shop_name,
    shops.is_shop_name_backdated,
    shops.revenue,
    shops.orders,
    shops.units,
    {{ ratio('shops.revenue', 'shops.orders') }} as avg_order_value,
    shops.refund_amount,
    {{ ratio('shops.refund_amount', 'shops.revenue') }} as refund_rate,
    shops.currency,
    {{ change('shops.revenue', 'last_month.revenue') }} as revenue_mom,
    {{ change('shops.revenue', 'last_year.revenue') }} as revenue_yoy,
    {{ change('shops.orders', 'last_month.orders') }} as orders_mom,
    shops.is_final,
    shops.expected_revenue,
    shops.expected_revenue_low,
    shops.expected_revenue_high
from shops
left join shops as last_month
    on
        {{ day_before('month', 1, 'shops.day') }} = last_month.day
        and shops.platform = last_month.platform
        and shops.shop_id = last_month.shop_id
left join shops as last_year
    on
        {{ day_before('year', 1, 'shops.day') }} = last_year.day
        and shops.platform = last_year.platform
        and shops.shop_id = last_year.shop_id
where {{ tenant_days('shops', 'mart_days') }}
