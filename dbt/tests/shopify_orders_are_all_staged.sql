{{ config(meta={'dagster': {'ref': {'name': 'stg_shopify__orders'}}}) }}

-- Orders that landed, and the units that are left of them after returns and edits, against those that were
-- staged.
with baskets as (
    select
        orders.shop_id,
        orders.order_id,
        sum(item.current_quantity) as units
    from {{ source('shopify', 'shopify_orders') }} as orders
    cross join {{ unnest_as('orders.line_items', 'item') }}
    where {{ tenant_days('orders') }}
    group by orders.shop_id, orders.order_id
),

landed as (
    select
        orders.day,
        count(*) as orders,
        sum(coalesce(baskets.units, 0)) as units
    from {{ source('shopify', 'shopify_orders') }} as orders
    left join baskets
        on orders.shop_id = baskets.shop_id and orders.order_id = baskets.order_id
    where {{ tenant_days('orders') }}
    group by orders.day
),

staged as (
    select
        day,
        count(*) as orders,
        sum(units - returned_units) as units
    from {{ ref('stg_shopify__orders') }}
    where {{ tenant_days() }}
    group by day
)

select
    coalesce(landed.day, staged.day) as day,
    landed.orders as landed_orders,
    staged.orders as staged_orders,
    landed.units as landed_units,
    staged.units as staged_units
from landed
full outer join staged on landed.day = staged.day
where
    coalesce(landed.orders, 0) != coalesce(staged.orders, 0)
    or coalesce(landed.units, 0) != coalesce(staged.units, 0)
