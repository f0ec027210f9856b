{{ config(meta={'dagster': {'ref': {'name': 'order_profit'}}}) }}

-- Σ gross profit of products, unmapped ones by name, is Σ net revenue − COGS of orders.
with orders as (
    select
        day,
        sum(net_revenue) as net_revenue,
        sum(cogs) as cogs
    from {{ ref('order_profit') }}
    where {{ tenant_days() }}
    group by day
),

products as (
    select
        day,
        sum(total_revenue) as revenue,
        sum(gross_profit) as gross_profit
    from {{ ref('product_performance') }}
    where {{ tenant_days() }}
    group by day
)

select
    coalesce(orders.day, products.day) as day,
    orders.net_revenue,
    orders.cogs,
    products.revenue,
    products.gross_profit
from orders
full outer join products on orders.day = products.day
where
    coalesce(orders.net_revenue, 0) != coalesce(products.revenue, 0)
    or coalesce(orders.net_revenue - orders.cogs, 0) != coalesce(products.gross_profit, 0)
