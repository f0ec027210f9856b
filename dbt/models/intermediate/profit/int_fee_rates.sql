-- What a shop's settled orders have come to. The last three weeks are left out, as what has settled of
-- them is not typical.
{%- set youngest, oldest = 21, 111 %}

with orders as (
    select *
    from {{ ref('orders') }}
    where {{ tenant_history(oldest) }} and is_revenue
),

fees as (
    select *
    from {{ ref('order_fees') }}
    where {{ tenant_history(oldest) }} and is_settled
),

settled as (
    select
        orders.day,
        orders.platform,
        orders.shop_id,
        count(*) as orders,
        sum(orders.amount_reporting) as net_amount,
        sum(orders.refund_amount_reporting) as refunds,
        sum(fees.platform_fees) as platform_fees,
        sum(fees.payment_fees) as payment_fees
    from orders
    inner join fees
        on
            orders.platform = fees.platform
            and orders.shop_id = fees.shop_id
            and orders.order_id = fees.order_id
    group by orders.day, orders.platform, orders.shop_id
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    days.day,
    settled.platform,
    settled.shop_id,
    cast(sum(settled.orders) as {{ type_of('whole') }}) as settled_orders,
    {{ ratio('sum(settled.refunds)', 'sum(settled.net_amount)') }} as refund_share,
    {{ ratio('sum(settled.platform_fees)', 'sum(settled.net_amount)') }} as platform_fee_rate,
    {{ ratio('sum(settled.payment_fees)', 'sum(settled.net_amount)') }} as payment_fee_rate
from ({{ day_spine() }}) as days
inner join settled
    on
        settled.day >= {{ day_before('day', oldest, 'days.day') }}
        and settled.day <= {{ day_before('day', youngest, 'days.day') }}
group by days.day, settled.platform, settled.shop_id
