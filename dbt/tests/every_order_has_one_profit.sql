{{ config(meta={'dagster': {'ref': {'name': 'order_profit'}}}) }}

-- No order counts twice by a join, and none is lost.
with orders as (
    select
        day,
        count(*) as orders,
        sum(amount_reporting - refund_amount_reporting) as net_revenue
    from {{ ref('orders') }}
    where {{ tenant_days() }} and is_revenue
    group by day
),

profits as (
    select
        day,
        count(*) as orders,
        sum(net_revenue) as net_revenue
    from {{ ref('order_profit') }}
    where {{ tenant_days() }}
    group by day
)

select
    coalesce(orders.day, profits.day) as day,
    orders.orders,
    profits.orders as profits,
    orders.net_revenue,
    profits.net_revenue as profit_revenue
from orders
full outer join profits on orders.day = profits.day
where
    coalesce(orders.orders, 0) != coalesce(profits.orders, 0)
    or coalesce(orders.net_revenue, 0) != coalesce(profits.net_revenue, 0)
