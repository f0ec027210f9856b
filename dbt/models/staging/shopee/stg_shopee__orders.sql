with orders as (
    select *
    from {{ source('shopee', 'shopee_orders') }}
    where {{ tenant_days() }}
),

goods as (
    select
        orders.shop_id,
        orders.order_sn,
        sum(item.model_quantity_purchased) as units,
        sum(coalesce(item.returned_qty, 0)) as returned_units,
        sum({{ money('item.model_original_price * item.model_quantity_purchased') }}) as list_total,
        sum({{ money(
            'coalesce(item.model_discounted_price, item.model_original_price) * item.model_quantity_purchased'
        ) }}) as sold_total,
        sum({{ money(
            'coalesce(item.model_discounted_price, item.model_original_price) * coalesce(item.returned_qty, 0)'
        ) }}) as returned_total
    from orders
    cross join {{ unnest_as('orders.item_list', 'item') }}
    group by orders.shop_id, orders.order_sn
),

escrow as (
    select
        shop_id,
        order_sn,
        coalesce(seller_discount, 0) + coalesce(voucher_from_seller, 0) as discount,
        -seller_return_refund as refund
    from {{ source('shopee', 'shopee_escrow') }}
    where {{ tenant_days() }}
),

-- What the settlement says stands before what the items add up to: it knows vouchers and partial refunds.
amounts as (
    select
        orders.shop_id,
        orders.order_sn,
        cast(coalesce(goods.units, 0) as {{ type_of('whole') }}) as units,
        cast(coalesce(goods.returned_units, 0) as {{ type_of('whole') }}) as returned_units,
        {{ money('coalesce(goods.list_total, 0)') }} as gross_amount,
        {{ money('coalesce(escrow.discount, goods.list_total - goods.sold_total, 0)') }} as discount_amount,
        {{ money('coalesce(escrow.refund, goods.returned_total, 0)') }} as refund_amount
    from orders
    left join goods
        on orders.shop_id = goods.shop_id and orders.order_sn = goods.order_sn
    left join escrow
        on orders.shop_id = escrow.shop_id and orders.order_sn = escrow.order_sn
)

select
    orders.tenant_id,
    orders.day,
    'shopee' as platform,
    orders.shop_id,
    orders.order_sn as order_id,
    nullif(orders.buyer_user_id, '') as customer_id,
    orders.order_status,
    case
        when orders.order_status = 'CANCELLED' then 'cancelled'
        when amounts.units > 0 and amounts.returned_units >= amounts.units then 'refunded'
        when orders.order_status = 'COMPLETED' then 'completed'
        else 'pending'
    end as order_status_normalized,
    orders.order_status = 'UNPAID' as is_unpaid,
    orders.order_status not in ('UNPAID', 'CANCELLED') as is_revenue,
    orders.payment_method,
    amounts.units,
    amounts.returned_units,
    amounts.gross_amount,
    amounts.discount_amount,
    {{ money('amounts.gross_amount - amounts.discount_amount') }} as net_amount,
    amounts.refund_amount,
    orders.currency,
    orders.create_time as order_timestamp,
    orders.update_time as updated_at,
    orders._ingested_at
from orders
inner join amounts
    on orders.shop_id = amounts.shop_id and orders.order_sn = amounts.order_sn
