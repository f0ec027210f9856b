{%- set reporting_currency = var('reporting_currency') -%}

with items as (
    {{ union_platforms('order_items', ['shopee', 'shopify'], {
        'tenant_id': 'text', 'day': 'day', 'platform': 'text', 'shop_id': 'text', 'order_id': 'text',
        'line_number': 'whole', 'item_id': 'text', 'variant_id': 'text', 'sku': 'text',
        'product_name': 'text', 'variant_name': 'text', 'quantity': 'whole', 'returned_quantity': 'whole',
        'list_price': 'money', 'unit_price': 'money', 'total_price': 'money', 'currency': 'text',
        '_ingested_at': 'instant'
    }) | indent(4) }}
),

named as (
    select
        items.*,
        coalesce({{ normalize_sku('items.sku') }}, concat(items.item_id, '-', items.variant_id))
            as sku_normalized
    from items
),

rates as (
    select *
    from {{ ref('fx_rates') }}
    where {{ tenant_days() }}
),

mapping as (
    select
        platform,
        shop_id,
        {{ normalize_sku('platform_sku') }} as sku_normalized,
        sku_master
    from {{ ref('sku_mapping') }}
)

select
    named.tenant_id,
    named.day,
    named.platform,
    named.shop_id,
    named.order_id,
    named.line_number,
    named.item_id,
    named.variant_id,
    named.sku,
    named.sku_normalized,
    -- A product without a mapping stays in every sum, under a name that shows what is missing.
    coalesce(mapping.sku_master, concat('unmapped:', named.sku_normalized)) as sku_master,
    mapping.sku_master is not null as is_mapped,
    named.product_name,
    named.variant_name,
    named.quantity,
    named.returned_quantity,
    named.list_price,
    named.unit_price,
    {{ convert('named.unit_price', 'named.currency', "'THB'", 'rates.rate', 'rates.thb_rate') }}
        as unit_price_thb,
    named.total_price,
    {{ convert('named.total_price', 'named.currency', "'THB'", 'rates.rate', 'rates.thb_rate') }}
        as total_price_thb,
    {{ convert(
        'named.total_price', 'named.currency', "'" ~ reporting_currency ~ "'", 'rates.rate',
        'rates.reporting_rate'
    ) }} as total_price_reporting,
    named.currency,
    '{{ reporting_currency }}' as reporting_currency,
    named.day as order_date,
    named._ingested_at
from named
left join rates
    on named.day = rates.day and named.currency = rates.currency
left join mapping
    on
        named.platform = mapping.platform
        and named.shop_id = mapping.shop_id
        and named.sku_normalized = mapping.sku_normalized
