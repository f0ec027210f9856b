{{ config(meta={'dagster': {'ref': {'name': 'order_observations'}}}) }}

-- What was observed with the fetch that orders rests on is what it says; where it says nothing of a shop's
-- day, the newest observation does neither.
with orders as (
    select
        day,
        platform,
        shop_id,
        max(_ingested_at) as observed_at,
        sum(case when is_revenue then 1 else 0 end) as orders,
        sum(case when is_revenue then net_amount else 0 end) as revenue
    from {{ ref('orders') }}
    where {{ tenant_days() }}
    group by day, platform, shop_id
),

observed as (
    select
        day,
        platform,
        shop_id,
        observed_at,
        orders,
        revenue,
        row_number() over (partition by day, platform, shop_id order by observed_at desc) as place
    from {{ ref('order_observations') }}
    where {{ tenant_days() }}
)

select
    coalesce(orders.day, observed.day) as day,
    coalesce(orders.shop_id, observed.shop_id) as shop_id,
    orders.revenue,
    observed.revenue as observed_revenue
from orders
full outer join observed
    on
        orders.day = observed.day
        and orders.platform = observed.platform
        and orders.shop_id = observed.shop_id
        and orders.observed_at = observed.observed_at
left join orders as told
    on
        observed.day = told.day
        and observed.platform = told.platform
        and observed.shop_id = told.shop_id
where
    (orders.day is not null or (observed.place = 1 and told.day is null))
    and (
        coalesce(orders.orders, 0) != coalesce(observed.orders, 0)
        or coalesce(orders.revenue, 0) != coalesce(observed.revenue, 0)
    )
