{{ config(meta={'dagster': {'ref': {'name': 'order_items'}}}) }}

-- Joins may neither lose nor multiply lines: items count and cost as much as their orders.
with items as (
    select
        platform,
        shop_id,
        order_id,
        sum(quantity) as units,
        sum({{ money('list_price * quantity') }}) as gross_amount
    from {{ ref('order_items') }}
    where {{ tenant_days() }}
    group by platform, shop_id, order_id
),

orders as (
    select *
    from {{ ref('orders') }}
    where {{ tenant_days() }}
)

select
    coalesce(orders.platform, items.platform) as platform,
    coalesce(orders.shop_id, items.shop_id) as shop_id,
    coalesce(orders.order_id, items.order_id) as order_id,
    orders.units,
    items.units as item_units,
    orders.gross_amount,
    items.gross_amount as item_gross_amount
from orders
full outer join items
    on
        orders.platform = items.platform
        and orders.shop_id = items.shop_id
        and orders.order_id = items.order_id
where
    coalesce(orders.units, 0) != coalesce(items.units, 0)
    or coalesce(orders.gross_amount, 0) != coalesce(items.gross_amount, 0)
    or orders.order_id is null
