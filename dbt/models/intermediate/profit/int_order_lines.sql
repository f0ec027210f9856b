-- Lines of the orders that count as revenue, with their parts of what the order brought and what they cost.
-- Vouchers and refunds of an order are shared out to its lines exactly, by what each was sold for.
with orders as (
    select *
    from {{ ref('orders') }}
    where {{ tenant_days() }} and is_revenue
),

items as (
    select *
    from {{ ref('order_items') }}
    where {{ tenant_days() }}
),

mapping as (
    select
        platform,
        shop_id,
        {{ normalize_sku('platform_sku') }} as sku_normalized,
        product_name,
        category,
        cost,
        cost_currency
    from {{ ref('sku_mapping') }}
),

cogs as (
    select *
    from {{ ref('cogs') }}
    where {{ tenant_days() }}
),

rates as (
    select *
    from {{ ref('fx_rates') }}
    where {{ tenant_days() }}
),

-- The seller's own list of unit costs stands before the mapping's, which knows no dates.
priced as (
    select
        items.*,
        mapping.product_name as mapped_name,
        mapping.category,
        coalesce(cogs.unit_cost, mapping.cost) as cost,
        case when cogs.unit_cost is not null then cogs.currency else mapping.cost_currency end
            as cost_currency,
        case
            when cogs.unit_cost is not null then 'cost_file'
            when mapping.cost is not null then 'sku_mapping'
        end as cost_source
    from items
    left join mapping
        on
            items.platform = mapping.platform
            and items.shop_id = mapping.shop_id
            and items.sku_normalized = mapping.sku_normalized
    left join cogs
        on items.day = cogs.day and items.sku_master = cogs.sku_master
),

weighed as (
    select
        items.tenant_id,
        items.day,
        items.platform,
        items.shop_id,
        items.order_id,
        items.line_number,
        items.sku_master,
        items.is_mapped,
        coalesce(items.mapped_name, items.product_name) as product_name,
        items.category,
        items.cost_source,
        items.quantity,
        items.returned_quantity,
        items.quantity - items.returned_quantity as kept_quantity,
        orders.amount_reporting as order_net,
        orders.refund_amount_reporting as order_refund,
        {{ convert(
            'items.cost', 'items.cost_currency', "'" ~ var('reporting_currency') ~ "'", 'rates.rate',
            'rates.reporting_rate'
        ) }} as unit_cost,
        items.total_price,
        coalesce({{ multiply_divide('items.total_price', 'items.returned_quantity', 'items.quantity') }}, 0)
            as returned_value
    from priced as items
    inner join orders
        on
            items.platform = orders.platform
            and items.shop_id = orders.shop_id
            and items.order_id = orders.order_id
    left join rates
        on items.day = rates.day and items.cost_currency = rates.currency
),

-- An order without goods (all of them edited out, or money alone) still has what it brought and paid back.
without_goods as (
    select
        orders.tenant_id,
        orders.day,
        orders.platform,
        orders.shop_id,
        orders.order_id,
        0 as line_number,
        'unmapped:no goods' as sku_master,
        false as is_mapped,
        cast(null as {{ type_of('text') }}) as product_name,
        cast(null as {{ type_of('text') }}) as category,
        'default_share' as cost_source,
        0 as quantity,
        0 as returned_quantity,
        0 as kept_quantity,
        orders.amount_reporting as order_net,
        orders.refund_amount_reporting as order_refund,
        {{ money('0') }} as unit_cost,
        {{ money('0') }} as total_price,
        {{ money('0') }} as returned_value
    from orders
    left join items
        on
            orders.platform = items.platform
            and orders.shop_id = items.shop_id
            and orders.order_id = items.order_id
    where items.order_id is null
),

all_lines as (
    select * from weighed
    union all
    select * from without_goods
),

sold as (
    select
        *,
        -- Where everything in an order was for nothing, its lines count alike.
        case when sum(total_price) over (of_order) > 0 then total_price else 1 end as sold_weight
    from all_lines
    window of_order as (partition by platform, shop_id, order_id)
),

-- A refund belongs to what came back; one without a return (a broken cup, a late parcel) to all lines.
returned as (
    select
        *,
        case when sum(returned_value) over (of_order) > 0 then returned_value else sold_weight end
            as refund_weight
    from sold
    window of_order as (partition by platform, shop_id, order_id)
),

summed as (
    select
        *,
        sum(sold_weight) over (of_order) as sold_total,
        sum(sold_weight) over (of_order order by line_number) as sold_upto,
        sum(refund_weight) over (of_order) as refund_total,
        sum(refund_weight) over (of_order order by line_number) as refund_upto
    from returned
    window of_order as (partition by platform, shop_id, order_id)
),

shared as (
    select
        *,
        {{ allocate('order_net', 'sold_upto', 'sold_weight', 'sold_total') }} as sold_amount,
        {{ allocate('order_refund', 'refund_upto', 'refund_weight', 'refund_total') }} as refund_amount
    from summed
)

select
    tenant_id,
    day,
    platform,
    shop_id,
    order_id,
    line_number,
    sku_master,
    is_mapped,
    product_name,
    category,
    quantity,
    returned_quantity,
    sold_amount,
    refund_amount,
    {{ money('sold_amount - refund_amount') }} as net_revenue,
    case
        when unit_cost is not null then {{ money('unit_cost * kept_quantity') }}
        else {{ multiply_divide('sold_amount - refund_amount', "'" ~ var('cogs_share') ~ "'", '1') }}
    end as cogs,
    case when unit_cost is not null then cost_source else 'default_share' end as cogs_source,
    '{{ var("reporting_currency") }}' as currency
from shared
