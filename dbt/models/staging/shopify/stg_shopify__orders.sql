with orders as (
    select *
    from {{ source('shopify', 'shopify_orders') }}
    where {{ tenant_days() }}
),

-- Lines, discounts and refunds are each summed before they meet: an order has several of each, and joined
-- first they would multiply one another.
discounts as (
    select
        orders.shop_id,
        orders.order_id,
        line.id as line_id,
        sum(allocation.amount) as discount
    from orders
    cross join {{ unnest_as('orders.line_items', 'line') }}
    cross join {{ unnest_as('line.discount_allocations', 'allocation') }}
    group by orders.shop_id, orders.order_id, line.id
),

returned_lines as (
    select
        orders.shop_id,
        orders.order_id,
        item.line_item_id as line_id,
        sum(item.quantity) as units
    from orders
    cross join {{ unnest_as('orders.refunds', 'refund') }}
    cross join {{ unnest_as('refund.refund_line_items', 'item') }}
    group by orders.shop_id, orders.order_id, item.line_item_id
),

-- Units that left a line by no return were edited out of the order: they were never sold.
lines as (
    select
        orders.shop_id,
        orders.order_id,
        line.original_unit_price as price,
        line.quantity as bought,
        least(
            line.quantity, coalesce(line.current_quantity, line.quantity) + coalesce(returned_lines.units, 0)
        ) as units,
        coalesce(discounts.discount, 0) as discount
    from orders
    cross join {{ unnest_as('orders.line_items', 'line') }}
    left join discounts
        on
            orders.shop_id = discounts.shop_id
            and orders.order_id = discounts.order_id
            and line.id = discounts.line_id
    left join returned_lines
        on
            orders.shop_id = returned_lines.shop_id
            and orders.order_id = returned_lines.order_id
            and line.id = returned_lines.line_id
),

goods as (
    select
        shop_id,
        order_id,
        sum(units) as units,
        sum({{ money('price * units') }}) as list_total,
        sum({{ multiply_divide('discount', 'units', 'bought') }}) as discount
    from lines
    group by shop_id, order_id
),

given_back as (
    select
        orders.shop_id,
        orders.order_id,
        sum(refund.total_refunded) as money_back
    from orders
    cross join {{ unnest_as('orders.refunds', 'refund') }}
    group by orders.shop_id, orders.order_id
),

-- A refund without money is that of a payment that was only authorised: its goods came back untaxed.
returned as (
    select
        orders.shop_id,
        orders.order_id,
        sum(item.quantity) as units,
        sum(case when refund.total_refunded > 0 then item.tax end) as tax
    from orders
    cross join {{ unnest_as('orders.refunds', 'refund') }}
    cross join {{ unnest_as('refund.refund_line_items', 'item') }}
    group by orders.shop_id, orders.order_id
),

shipping_back as (
    select
        orders.shop_id,
        orders.order_id,
        sum(shipping.subtotal) as subtotal,
        sum(shipping.tax) as tax
    from orders
    cross join {{ unnest_as('orders.refunds', 'refund') }}
    cross join {{ unnest_as('refund.refund_shipping_lines', 'shipping') }}
    where refund.total_refunded > 0
    group by orders.shop_id, orders.order_id
),

-- Tax that stands beside the prices is no part of the goods; tax inside them was charged with them.
amounts as (
    select
        orders.shop_id,
        orders.order_id,
        cast(coalesce(goods.units, 0) as {{ type_of('whole') }}) as units,
        cast(coalesce(returned.units, 0) as {{ type_of('whole') }}) as returned_units,
        {{ money('coalesce(goods.list_total, 0)') }} as gross_amount,
        {{ money('coalesce(goods.discount, 0)') }} as discount_amount,
        {{ money(
            'coalesce(given_back.money_back, 0) - coalesce(shipping_back.subtotal, 0)'
            ~ ' - case when orders.taxes_included then 0'
            ~ ' else coalesce(returned.tax, 0) + coalesce(shipping_back.tax, 0) end'
        ) }} as refund_amount
    from orders
    left join goods
        on orders.shop_id = goods.shop_id and orders.order_id = goods.order_id
    left join given_back
        on orders.shop_id = given_back.shop_id and orders.order_id = given_back.order_id
    left join returned
        on orders.shop_id = returned.shop_id and orders.order_id = returned.order_id
    left join shipping_back
        on orders.shop_id = shipping_back.shop_id and orders.order_id = shipping_back.order_id
)

select
    orders.tenant_id,
    orders.day,
    'shopify' as platform,
    orders.shop_id,
    replace(orders.order_id, 'gid://shopify/Order/', '') as order_id,
    nullif(orders.customer_id, '') as customer_id,
    concat(orders.financial_status, '/', orders.fulfillment_status) as order_status,
    case
        when orders.cancelled_at is not null then 'cancelled'
        when amounts.units > 0 and amounts.returned_units >= amounts.units then 'refunded'
        when
            orders.fulfillment_status = 'FULFILLED'
            and orders.financial_status in ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')
            then 'completed'
        else 'pending'
    end as order_status_normalized,
    orders.financial_status in ('PENDING', 'EXPIRED', 'VOIDED') as is_unpaid,
    not orders.test
    and orders.cancelled_at is null
    and orders.financial_status not in ('PENDING', 'EXPIRED', 'VOIDED') as is_revenue,
    {{ first_element('orders.payment_gateway_names') }} as payment_method,
    amounts.units,
    amounts.returned_units,
    amounts.gross_amount,
    amounts.discount_amount,
    {{ money('amounts.gross_amount - amounts.discount_amount') }} as net_amount,
    amounts.refund_amount,
    orders.currency,
    orders.created_at as order_timestamp,
    orders.updated_at,
    orders._ingested_at
from orders
inner join amounts
    on orders.shop_id = amounts.shop_id and orders.order_id = amounts.order_id
