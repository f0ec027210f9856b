with products as (
    select *
    from {{ source('shopee', 'shopee_products') }}
    where {{ tenant_days() }}
),

variants as (
    select
        products.tenant_id,
        products.day,
        products.shop_id,
        products.item_id,
        variant.model_id,
        variant.model_sku,
        variant.model_name,
        variant.price_info,
        variant.total_available_stock
    from products
    cross join {{ unnest_as('products.models', 'variant') }}
),

-- A product without variants is sold as it is; Shopee counts it as variant 0.
sellable as (
    select
        products.*,
        coalesce(variants.model_id, '0') as variant_id,
        variants.model_name as variant_name,
        coalesce(nullif(trim(variants.model_sku), ''), nullif(trim(products.item_sku), '')) as sku,
        case when variants.model_id is null then products.price_info else variants.price_info end as prices,
        case
            when variants.model_id is null then products.total_available_stock
            else variants.total_available_stock
        end as stock_quantity
    from products
    left join variants
        on
            products.day = variants.day
            and products.shop_id = variants.shop_id
            and products.item_id = variants.item_id
)

select
    tenant_id,
    day,
    'shopee' as platform,
    shop_id,
    item_id as platform_product_id,
    variant_id,
    sku as platform_sku,
    item_name as product_name,
    variant_name,
    category_id as category,
    brand,
    {{ first_element('prices') }}.current_price as current_price,
    {{ first_element('prices') }}.currency as currency,
    stock_quantity,
    item_status = 'NORMAL' as is_active,
    _ingested_at
from sellable
