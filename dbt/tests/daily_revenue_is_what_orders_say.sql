{{ config(meta={'dagster': {'ref': {'name': 'daily_performance'}}}) }}

-- The mart against staging, past everything in between.
with orders as (
    select
        day,
        count(*) as orders,
        sum(units) as units,
        sum(amount_reporting) as revenue
    from {{ ref('orders') }}
    where {{ tenant_days() }} and is_revenue
    group by day
),

ads as (
    select
        day,
        sum(clicks) as clicks,
        sum(spend_reporting) as spend
    from {{ ref('ads_performance') }}
    where {{ tenant_days() }}
    group by day
),

mart as (
    select *
    from {{ ref('daily_performance') }}
    where {{ tenant_days() }}
)

select
    mart.day,
    mart.total_revenue,
    orders.revenue,
    mart.total_orders,
    orders.orders,
    mart.total_units,
    orders.units,
    mart.total_ad_spend,
    ads.spend,
    mart.total_clicks,
    ads.clicks
from mart
left join orders on mart.day = orders.day
left join ads on mart.day = ads.day
where
    abs(mart.total_revenue - coalesce(orders.revenue, 0)) > 0.01
    or mart.total_orders != coalesce(orders.orders, 0)
    or mart.total_units != coalesce(orders.units, 0)
    or abs(mart.total_ad_spend - coalesce(ads.spend, 0)) > 0.01
    or mart.total_clicks != coalesce(ads.clicks, 0)
