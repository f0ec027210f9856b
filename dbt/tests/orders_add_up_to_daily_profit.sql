{{ config(meta={'dagster': {'ref': {'name': 'daily_profit'}}}) }}

-- Profit of orders − unallocated marketing − other costs is the day's net profit; the waterfall adds up.
with orders as (
    select
        day,
        sum(profit) as profit,
        sum(marketing_cost) as marketing_cost
    from {{ ref('order_profit') }}
    where {{ tenant_days() }}
    group by day
),

spent as (
    select
        day,
        sum(spend) as spend
    from {{ ref('int_daily_campaigns') }}
    where {{ tenant_days() }}
    group by day
),

days as (
    select *
    from {{ ref('daily_profit') }}
    where {{ tenant_days() }}
)

select
    days.day,
    days.net_profit,
    orders.profit,
    days.marketing_cost,
    days.unallocated_marketing,
    spent.spend
from days
left join orders on days.day = orders.day
left join spent on days.day = spent.day
where
    days.net_profit != coalesce(orders.profit, 0) - days.unallocated_marketing - days.other_costs
    or days.marketing_cost != coalesce(orders.marketing_cost, 0)
    or days.marketing_cost + days.unallocated_marketing != coalesce(spent.spend, 0)
    or days.net_revenue != days.gross_revenue - days.discounts - days.refunds
    or days.net_profit
    != days.net_revenue - days.taxes - days.cogs - days.shipping - days.fees - days.marketing_cost
    - days.unallocated_marketing - days.other_costs
