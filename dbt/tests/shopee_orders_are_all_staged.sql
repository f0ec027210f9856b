{{ config(meta={'dagster': {'ref': {'name': 'stg_shopee__orders'}}}) }}

-- Orders and units that landed, against those that were staged.
with baskets as (
    select
        orders.shop_id,
        orders.order_sn,
        sum(item.model_quantity_purchased) as units
    from {{ source('shopee', 'shopee_orders') }} as orders
    cross join {{ unnest_as('orders.item_list', 'item') }}
    where {{ tenant_days('orders') }}
    group by orders.shop_id, orders.order_sn
),

landed as (
    select
        orders.day,
        count(*) as orders,
        sum(coalesce(baskets.units, 0)) as units
    from {{ source('shopee', 'shopee_orders') }} as orders
    left join baskets
        on orders.shop_id = baskets.shop_id and orders.order_sn = baskets.order_sn
    where {{ tenant_days('orders') }}
    group by orders.day
),

staged as (
    select
        day,
        count(*) as orders,
        sum(units) as units
    from {{ ref('stg_shopee__orders') }}
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
