-- Fees of the orders that count as revenue: as settled; until then what the platform expects, less what is on
-- its way back and what the shop's history says may still come back; where the platform expects nothing, what
-- settled orders have cost.
with orders as (
    select *
    from {{ ref('orders') }}
    where {{ tenant_days() }} and is_revenue
),

fees as (
    select *
    from {{ ref('order_fees') }}
    where {{ tenant_days() }}
),

rates as (
    select *
    from {{ ref('int_fee_rates') }}
    where {{ tenant_days() }}
),

joined as (
    select
        orders.tenant_id,
        orders.day,
        orders.platform,
        orders.shop_id,
        orders.order_id,
        orders.amount_reporting,
        coalesce(fees.is_settled, false) as is_settled,
        fees.platform_fees,
        fees.payment_fees,
        fees.shipping_cost,
        fees.shipping_charged,
        fees.import_tax,
        fees.included_tax,
        rates.platform_fee_rate,
        rates.payment_fee_rate,
        -- The part of the goods that the fees will be taken on.
        {{ money('1 - coalesce(fees.returning_share, 0)') }}
        - coalesce({{ multiply_divide('rates.refund_share', 'fees.return_risk', '1') }}, 0) as staying_share
    from orders
    left join fees
        on
            orders.platform = fees.platform
            and orders.shop_id = fees.shop_id
            and orders.order_id = fees.order_id
    left join rates
        on
            orders.day = rates.day
            and orders.platform = rates.platform
            and orders.shop_id = rates.shop_id
)

select
    tenant_id,
    day,
    platform,
    shop_id,
    order_id,
    case when is_settled then 'settled' else 'estimated' end as fees_status,
    case
        when is_settled then platform_fees
        else coalesce(
            {{ multiply_divide('platform_fees', 'staying_share', '1') }},
            {{ multiply_divide('amount_reporting', 'platform_fee_rate', '1') }},
            0
        )
    end as platform_fees,
    case
        when is_settled then payment_fees
        else coalesce(payment_fees, {{ multiply_divide('amount_reporting', 'payment_fee_rate', '1') }}, 0)
    end as payment_fees,
    coalesce(shipping_cost, 0) as shipping_cost,
    coalesce(shipping_charged, 0) as shipping_charged,
    coalesce(import_tax, 0) as import_tax,
    included_tax,
    '{{ var("reporting_currency") }}' as currency
from joined
