{%- set vat = var('vat_rate') if var('prices_include_vat') else '0' -%}

with orders as (
    select *
    from {{ ref('orders') }}
    where {{ tenant_days() }} and is_revenue
),

lines as (
    select
        platform,
        shop_id,
        order_id,
        sum(cogs) as cogs,
        min(cogs_source) as least_source,
        max(cogs_source) as most_source
    from {{ ref('int_order_lines') }}
    where {{ tenant_days() }}
    group by platform, shop_id, order_id
),

fees as (
    select *
    from {{ ref('int_order_fees') }}
    where {{ tenant_days() }}
),

marketing as (
    select
        platform,
        shop_id,
        order_id,
        sum(amount) as marketing_cost,
        -- 'click' stands before 'day'.
        min(attribution_rule) as attribution_rule
    from {{ ref('int_marketing_allocation') }}
    where {{ tenant_days() }} and order_id is not null
    group by platform, shop_id, order_id
),

joined as (
    select
        orders.*,
        lines.cogs,
        case
            when lines.least_source = lines.most_source then lines.least_source
            when lines.least_source is not null then 'mixed'
            else 'default_share'
        end as cogs_source,
        fees.fees_status,
        fees.platform_fees,
        fees.payment_fees,
        fees.shipping_cost,
        fees.shipping_charged,
        fees.import_tax,
        fees.included_tax,
        coalesce(marketing.marketing_cost, 0) as marketing_cost,
        coalesce(marketing.attribution_rule, 'none') as attribution_rule,
        {{ convert(
            'orders.gross_amount', 'orders.currency', "'" ~ var('reporting_currency') ~ "'", 'rates.rate',
            'rates.reporting_rate'
        ) }} as gross_revenue
    from orders
    left join lines
        on
            orders.platform = lines.platform
            and orders.shop_id = lines.shop_id
            and orders.order_id = lines.order_id
    left join fees
        on
            orders.platform = fees.platform
            and orders.shop_id = fees.shop_id
            and orders.order_id = fees.order_id
    left join marketing
        on
            orders.platform = marketing.platform
            and orders.shop_id = marketing.shop_id
            and orders.order_id = marketing.order_id
    left join {{ ref('fx_rates') }} as rates
        on orders.day = rates.day and orders.currency = rates.currency and {{ tenant_days('rates') }}
),

netted as (
    select
        *,
        {{ money('amount_reporting - refund_amount_reporting') }} as net_revenue,
        -- Tax that prices include is the state's: as the platform tells it, else by the tenant's rule, on
        -- goods and on the shipping that the buyer pays.
        coalesce(included_tax, {{ multiply_divide(
            'amount_reporting - refund_amount_reporting + shipping_charged', "'" ~ vat ~ "'",
            "1 + cast('" ~ vat ~ "' as " ~ type_of('money') ~ ")"
        ) }}) + import_tax as taxes
    from joined
),

profits as (
    select
        *,
        {{ money(
            'net_revenue + shipping_charged - taxes - coalesce(cogs, 0) - shipping_cost - platform_fees'
            ~ ' - payment_fees - marketing_cost'
        ) }} as profit
    from netted
)

select
    tenant_id,
    day,
    order_id,
    platform,
    shop_id,
    day as order_date,
    currency as order_currency,
    gross_revenue,
    -- Conversion rounds each amount; the discount is what remains, so that the columns add up.
    {{ money('gross_revenue - amount_reporting') }} as discounts,
    refund_amount_reporting as refunds,
    net_revenue,
    {{ money('coalesce(cogs, 0)') }} as cogs,
    cogs_source,
    {{ money('shipping_cost') }} as shipping_cost,
    {{ money('shipping_charged') }} as shipping_charged,
    {{ money('platform_fees') }} as platform_fees,
    {{ money('payment_fees') }} as payment_fees,
    fees_status,
    {{ money('taxes') }} as taxes,
    {{ money('marketing_cost') }} as marketing_cost,
    attribution_rule,
    profit,
    {{ ratio('profit', 'net_revenue') }} as margin,
    reporting_currency as currency
from profits
