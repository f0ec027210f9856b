-- From gross sales to net profit, one row for each day that was run.
with orders as (
    select
        day,
        count(*) as orders,
        sum(gross_revenue) as gross_revenue,
        sum(discounts) as discounts,
        sum(refunds) as refunds,
        sum(net_revenue) as net_revenue,
        sum(taxes) as taxes,
        sum(cogs) as cogs,
        sum(shipping_cost - shipping_charged) as shipping,
        sum(platform_fees + payment_fees) as fees,
        sum(case when fees_status = 'estimated' then platform_fees + payment_fees end) as estimated_fees,
        sum(marketing_cost) as marketing_cost,
        sum(profit) as profit
    from {{ ref('order_profit') }}
    where {{ tenant_days() }}
    group by day
),

unallocated as (
    select
        day,
        sum(amount) as amount
    from {{ ref('int_marketing_allocation') }}
    where {{ tenant_days() }} and order_id is null
    group by day
),

others as (
    select
        day,
        sum(amount_reporting) as amount
    from {{ ref('costs') }}
    where {{ tenant_days() }}
    group by day
),

joined as (
    select
        days.day,
        orders.orders,
        {% for column in [
            'gross_revenue', 'discounts', 'refunds', 'net_revenue', 'taxes', 'cogs', 'shipping', 'fees',
            'estimated_fees', 'marketing_cost', 'profit'
        ] -%}
        {{ money('coalesce(orders.' ~ column ~ ', 0)') }} as {{ column }},
        {% endfor -%}
        {{ money('coalesce(unallocated.amount, 0)') }} as unallocated_marketing,
        {{ money('coalesce(others.amount, 0)') }} as other_costs
    from ({{ day_spine() }}) as days
    left join orders on days.day = orders.day
    left join unallocated on days.day = unallocated.day
    left join others on days.day = others.day
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    day,
    day as date,
    cast(coalesce(orders, 0) as {{ type_of('whole') }}) as orders,
    gross_revenue,
    discounts,
    refunds,
    net_revenue,
    taxes,
    cogs,
    shipping,
    fees,
    estimated_fees,
    marketing_cost,
    unallocated_marketing,
    other_costs,
    {{ money('profit - unallocated_marketing - other_costs') }} as net_profit,
    {{ ratio('profit - unallocated_marketing - other_costs', 'net_revenue') }} as margin,
    '{{ var("reporting_currency") }}' as currency
from joined
