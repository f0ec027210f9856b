with orders as (
    select *
    from {{ source('shopee', 'shopee_orders') }}
    where {{ tenant_days() }}
),

items as (
    select
        orders.tenant_id,
        orders.day,
        orders.shop_id,
        orders.order_sn,
        orders.currency,
        orders._ingested_at,
        item.item_id,
        coalesce(item.model_id, '0') as model_id,
        item.order_item_id,
        item.promotion_id,
        coalesce(nullif(trim(item.model_sku), ''), nullif(trim(item.item_sku), '')) as sku,
        item.item_name,
        item.model_name,
        item.model_quantity_purchased as quantity,
        item.model_original_price as list_price,
        coalesce(item.model_discounted_price, item.model_original_price) as unit_price,
        coalesce(item.returned_qty, 0) as returned_quantity
    from orders
    cross join {{ unnest_as('orders.item_list', 'item') }}
)

select
    tenant_id,
    day,
    'shopee' as platform,
    shop_id,
    order_sn as order_id,
    -- The same variant can stand in an order twice (bundles, gifts), so lines are numbered.
    row_number() over (
        partition by shop_id, order_sn
        order by item_id, model_id, order_item_id, promotion_id, unit_price, quantity
    ) as line_number,
    item_id,
    model_id as variant_id,
    sku,
    item_name as product_name,
    model_name as variant_name,
    quantity,
    returned_quantity,
    list_price,
    unit_price,
    {{ money('unit_price * quantity') }} as total_price,
    currency,
    _ingested_at
from items
