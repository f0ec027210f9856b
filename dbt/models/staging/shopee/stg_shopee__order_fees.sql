-- Shopee's own estimate until the order is completed, settled figures afterwards.
with orders as (
    select *
    from {{ source('shopee', 'shopee_orders') }}
    where {{ tenant_days() }}
),

-- Of what the goods were sold for, what came back or is asked back.
goods as (
    select
        orders.shop_id,
        orders.order_sn,
        sum({{ money(
            'coalesce(item.model_discounted_price, item.model_original_price) * item.model_quantity_purchased'
        ) }}) as sold,
        sum({{ money(
            'coalesce(item.model_discounted_price, item.model_original_price)'
            ~ ' * (coalesce(item.returned_qty, 0) + coalesce(item.return_requested_qty, 0))'
        ) }}) as coming_back
    from orders
    cross join {{ unnest_as('orders.item_list', 'item') }}
    group by orders.shop_id, orders.order_sn
),

escrow as (
    select *
    from {{ source('shopee', 'shopee_escrow') }}
    where {{ tenant_days() }}
)

select
    escrow.tenant_id,
    escrow.day,
    'shopee' as platform,
    escrow.shop_id,
    escrow.order_sn as order_id,
    coalesce(escrow.order_status = 'COMPLETED', false) as is_settled,
    -- Corrections of the payout (lost parcels, weights) are the marketplace's, in either direction.
    {{ money(
        'coalesce(escrow.commission_fee, 0) + coalesce(escrow.service_fee, 0)'
        ~ ' + coalesce(escrow.order_ams_commission_fee, 0)'
    ) }} - {{ sum_of('escrow.order_adjustment', 'amount') }} as platform_fees,
    {{ money('coalesce(escrow.seller_transaction_fee, 0)') }} as payment_fees,
    {{ money('coalesce(escrow.actual_shipping_fee, 0) - coalesce(escrow.shopee_shipping_rebate, 0)') }}
        as shipping_cost,
    {{ money('coalesce(escrow.buyer_paid_shipping_fee, 0)') }} as shipping_charged,
    {{ money('coalesce(escrow.vat_on_imported_goods, 0)') }} as import_tax,
    -- Not told: the tenant's own rule stands.
    cast(null as {{ type_of('money') }}) as included_tax,
    coalesce({{ ratio('goods.coming_back', 'goods.sold') }}, 0) as returning_share,
    -- Once the parcel is there its buyer may ask for a return, and does so soon or never; an order that is
    -- met in the middle of that time has on average half of the risk behind it. One in return has none left.
    {{ money(
        "case when orders.order_status in ('TO_RETURN', 'COMPLETED') then 0"
        ~ " when orders.order_status = 'TO_CONFIRM_RECEIVE' then 0.5 else 1 end"
    ) }} as return_risk,
    escrow.currency,
    escrow._ingested_at
from escrow
left join orders
    on escrow.shop_id = orders.shop_id and escrow.order_sn = orders.order_sn
left join goods
    on escrow.shop_id = goods.shop_id and escrow.order_sn = goods.order_sn
