with products as (
    select *
    from {{ source('shopify', 'shopify_products') }}
    where {{ tenant_days() }}
),

shops as (
    select
        day,
        shop_id,
        currency
    from {{ source('shopify', 'shopify_shop') }}
    where {{ tenant_days() }}
)

select
    products.tenant_id,
    products.day,
    'shopify' as platform,
    products.shop_id,
    replace(products.product_id, 'gid://shopify/Product/', '') as platform_product_id,
    replace(variant.id, 'gid://shopify/ProductVariant/', '') as variant_id,
    nullif(trim(variant.sku), '') as platform_sku,
    products.title as product_name,
    -- What Shopify calls the only variant of a product.
    nullif(variant.title, 'Default Title') as variant_name,
    products.product_type as category,
    products.vendor as brand,
    variant.price as current_price,
    shops.currency,
    variant.inventory_quantity as stock_quantity,
    products.status = 'ACTIVE' as is_active,
    products._ingested_at
from products
cross join {{ unnest_as('products.variants', 'variant') }}
left join shops
    on products.day = shops.day and products.shop_id = shops.shop_id
