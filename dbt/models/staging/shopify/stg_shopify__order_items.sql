with orders as (
    select *
    from {{ source('shopify', 'shopify_orders') }}
    where {{ tenant_days() }}
),

items as (
    select
        orders.tenant_id,
        orders.day,
        orders.shop_id,
        orders.order_id,
        orders.currency,
        orders._ingested_at,
        line.id as line_id,
        line.product_id,
        line.variant_id,
        nullif(trim(line.sku), '') as sku,
        line.title,
        line.variant_title,
        line.quantity as bought,
        coalesce(line.current_quantity, line.quantity) as current_quantity,
        line.original_unit_price as list_price
    from orders
    cross join {{ unnest_as('orders.line_items', 'line') }}
),

discounts as (
    select
        line.id as line_id,
        sum(allocation.amount) as discount
    from orders
    cross join {{ unnest_as('orders.line_items', 'line') }}
    cross join {{ unnest_as('line.discount_allocations', 'allocation') }}
    group by line.id
),

returned as (
    select
        item.line_item_id as line_id,
        sum(item.quantity) as quantity
    from orders
    cross join {{ unnest_as('orders.refunds', 'refund') }}
    cross join {{ unnest_as('refund.refund_line_items', 'item') }}
    group by item.line_item_id
),

-- Units that left the line by no return were edited out of the order: they were never sold.
sold as (
    select
        items.*,
        cast(coalesce(returned.quantity, 0) as {{ type_of('whole') }}) as returned_quantity,
        least(items.bought, items.current_quantity + coalesce(returned.quantity, 0)) as kept_quantity,
        coalesce(discounts.discount, 0) as discount
    from items
    left join discounts on items.line_id = discounts.line_id
    left join returned on items.line_id = returned.line_id
),

priced as (
    select
        *,
        cast(kept_quantity as {{ type_of('whole') }}) as quantity,
        {{ money('list_price * kept_quantity') }}
        - {{ multiply_divide('discount', 'kept_quantity', 'bought') }} as total_price
    from sold
    where kept_quantity > 0
)

select
    tenant_id,
    day,
    'shopify' as platform,
    shop_id,
    replace(order_id, 'gid://shopify/Order/', '') as order_id,
    row_number() over (partition by shop_id, order_id order by line_id) as line_number,
    -- A line whose product was deleted names none: it stands for itself.
    coalesce(
        replace(product_id, 'gid://shopify/Product/', ''), replace(line_id, 'gid://shopify/LineItem/', '')
    ) as item_id,
    coalesce(replace(variant_id, 'gid://shopify/ProductVariant/', ''), '0') as variant_id,
    sku,
    title as product_name,
    variant_title as variant_name,
    quantity,
    returned_quantity,
    list_price,
    {{ ratio('total_price', 'quantity') }} as unit_price,
    total_price,
    currency,
    _ingested_at
from priced
