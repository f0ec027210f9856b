{{ config(meta={'dagster': {'ref': {'name': 'customer_value'}}}) }}

-- As of a day, cohorts and orders that name nobody are all orders so far, and spend is all spend so far;
-- platforms add up to all, but for the spend that no order carries.
with orders as (
    select
        day,
        count(*) as orders,
        sum(net_revenue) as net_revenue,
        sum(profit + marketing_cost) as gross_profit
    from {{ ref('order_profit') }}
    where {{ tenant_to_date() }}
    group by day
),

spent as (
    select
        day,
        unallocated_marketing,
        marketing_cost + unallocated_marketing as ad_spend
    from {{ ref('daily_profit') }}
    where {{ tenant_to_date() }}
),

sold as (
    select
        days.day,
        sum(orders.orders) as orders,
        sum(orders.net_revenue) as net_revenue,
        sum(orders.gross_profit) as gross_profit
    from spent as days
    inner join orders on days.day >= orders.day
    group by days.day
),

so_far as (
    select
        days.day,
        sum(spent.unallocated_marketing) as unallocated_marketing,
        sum(spent.ad_spend) as ad_spend
    from spent as days
    inner join spent on days.day >= spent.day
    group by days.day
),

told as (
    select
        day,
        platform = 'all' as is_all,
        sum(customers) as customers,
        sum(orders + unknown_customer_orders) as orders,
        sum(net_revenue + unknown_customer_net_revenue) as net_revenue,
        sum(gross_profit + unknown_customer_gross_profit) as gross_profit,
        sum(ad_spend) as ad_spend
    from {{ ref('customer_value') }}
    where {{ tenant_days(which='onward_days') }}
    group by day, is_all
)

select
    so_far.day,
    sold.orders,
    whole.orders as cohort_orders,
    sold.net_revenue,
    whole.net_revenue as cohort_net_revenue,
    so_far.ad_spend,
    whole.ad_spend as cohort_ad_spend
from so_far
left join sold on so_far.day = sold.day
left join told as whole on so_far.day = whole.day and whole.is_all
left join told as parts on so_far.day = parts.day and not parts.is_all
where
    so_far.day in ({{ day_literals('onward_days') }})
    and (
        whole.day is null
        or whole.orders != coalesce(sold.orders, 0)
        or whole.net_revenue != coalesce(sold.net_revenue, 0)
        or whole.gross_profit != coalesce(sold.gross_profit, 0)
        or whole.ad_spend != so_far.ad_spend
        or coalesce(parts.customers, 0) != whole.customers
        or coalesce(parts.orders, 0) != whole.orders
        or coalesce(parts.net_revenue, 0) != whole.net_revenue
        or coalesce(parts.ad_spend, 0) != whole.ad_spend - so_far.unallocated_marketing
    )
