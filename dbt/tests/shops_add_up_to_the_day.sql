{{ config(meta={'dagster': {'ref': {'name': 'shop_performance'}}}) }}

-- Shops against orders: no shop is lost and none counts twice.
with orders as (
    select
        day,
        count(*) as orders,
        sum(amount_reporting) as revenue
    from {{ ref('orders') }}
    where {{ tenant_days() }} and is_revenue
    group by day
),

shops as (
    select
        day,
        sum(orders) as orders,
        sum(revenue) as revenue
    from {{ ref('shop_performance') }}
    where {{ tenant_days() }}
    group by day
)

select
    coalesce(orders.day, shops.day) as day,
    orders.orders,
    shops.orders as shop_orders,
    orders.revenue,
    shops.revenue as shop_revenue
from orders
full outer join shops on orders.day = shops.day
where
    coalesce(orders.orders, 0) != coalesce(shops.orders, 0)
    or abs(coalesce(orders.revenue, 0) - coalesce(shops.revenue, 0)) > 0.01
