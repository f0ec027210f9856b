-- Shopify takes no commission; gateways keep a fee of each payment and tell it some days later. The carrier's
-- bill is not Shopify's to know.
with orders as (
    select *
    from {{ source('shopify', 'shopify_orders') }}
    where {{ tenant_days() }}
),

-- A gateway tells its fee some days after it took the money; one that tells none within a week never does.
payments as (
    select
        orders.shop_id,
        orders.order_id,
        {{ sum_of('payment.fees', 'amount') }} as fee,
        {{ days_between('cast(payment.processed_at as date)', 'orders._ingested_at') }} < 7 as is_young
    from orders
    cross join {{ unnest_as('orders.transactions', 'payment') }}
    where payment.status = 'SUCCESS' and payment.kind in ('SALE', 'CAPTURE')
),

paid as (
    select
        shop_id,
        order_id,
        sum(fee) as fee,
        sum(case when fee = 0 and is_young then 1 else 0 end) as open_payments
    from payments
    group by shop_id, order_id
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

goods_back as (
    select
        orders.shop_id,
        orders.order_id,
        sum(item.tax) as tax
    from orders
    cross join {{ unnest_as('orders.refunds', 'refund') }}
    cross join {{ unnest_as('refund.refund_line_items', 'item') }}
    where refund.total_refunded > 0
    group by orders.shop_id, orders.order_id
)

select
    orders.tenant_id,
    orders.day,
    'shopify' as platform,
    orders.shop_id,
    replace(orders.order_id, 'gid://shopify/Order/', '') as order_id,
    coalesce(paid.open_payments, 0) = 0
    and orders.financial_status in ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED') as is_settled,
    {{ money('0') }} as platform_fees,
    -- Until all is told, what is told says too little: then the shop's history stands.
    case when coalesce(paid.open_payments, 0) = 0 then paid.fee end as payment_fees,
    {{ money('0') }} as shipping_cost,
    {{ money('coalesce(orders.total_shipping, 0) - coalesce(shipping_back.subtotal, 0)') }}
        as shipping_charged,
    {{ money('0') }} as import_tax,
    -- Tax inside the prices was charged with them; tax beside them is in no amount here.
    case
        when orders.taxes_included
            then {{ money(
                'coalesce(orders.total_tax, 0) - coalesce(goods_back.tax, 0) - coalesce(shipping_back.tax, 0)'
            ) }}
        else {{ money('0') }}
    end as included_tax,
    -- Gateways give nothing of their fees back with a return.
    {{ money('0') }} as returning_share,
    {{ money('0') }} as return_risk,
    orders.currency,
    orders._ingested_at
from orders
left join paid
    on orders.shop_id = paid.shop_id and orders.order_id = paid.order_id
left join shipping_back
    on orders.shop_id = shipping_back.shop_id and orders.order_id = shipping_back.order_id
left join goods_back
    on orders.shop_id = goods_back.shop_id and orders.order_id = goods_back.order_id
