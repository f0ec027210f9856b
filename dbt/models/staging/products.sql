with sold as (
    {{ union_platforms('products', ['shopee', 'shopify'], {
        'tenant_id': 'text', 'day': 'day', 'platform': 'text', 'shop_id': 'text',
        'platform_product_id': 'text', 'variant_id': 'text', 'platform_sku': 'text',
        'product_name': 'text', 'variant_name': 'text', 'category': 'text', 'brand': 'text',
        'current_price': 'money', 'currency': 'text', 'stock_quantity': 'whole', 'is_active': 'flag',
        '_ingested_at': 'instant'
    }) | indent(4) }}
),

named as (
    select
        sold.*,
        coalesce(
            {{ normalize_sku('sold.platform_sku') }}, concat(sold.platform_product_id, '-', sold.variant_id)
        ) as sku_normalized
    from sold
),

mapped as (
    select
        named.*,
        mapping.product_name as mapped_name,
        mapping.category as mapped_category,
        mapping.brand as mapped_brand,
        mapping.cost,
        mapping.cost_currency,
        coalesce(mapping.sku_master, concat('unmapped:', named.sku_normalized)) as sku_master,
        mapping.sku_master is not null as is_mapped
    from named
    left join {{ ref('sku_mapping') }} as mapping
        on
            named.platform = mapping.platform
            and named.shop_id = mapping.shop_id
            and named.sku_normalized = {{ normalize_sku('mapping.platform_sku') }}
)

select
    tenant_id,
    day,
    sku_master,
    coalesce(max(mapped_name), max(product_name)) as product_name,
    coalesce(max(mapped_category), max(category)) as category,
    coalesce(max(mapped_brand), max(brand)) as brand,
    max(cost) as cost,
    max(cost_currency) as cost_currency,
    {{ collect_records(
        [
            'platform', 'shop_id', 'platform_sku', 'platform_product_id', 'variant_id', 'current_price',
            'currency', 'stock_quantity', 'is_active'
        ],
        ['platform', 'shop_id', 'platform_product_id', 'variant_id']
    ) }} as platforms,
    is_mapped,
    max(_ingested_at) as _ingested_at
from mapped
group by tenant_id, day, sku_master, is_mapped
