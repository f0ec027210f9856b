select
    tenant_id,
    day,
    'shopify' as platform,
    shop_id,
    name as shop_name,
    url as shop_url,
    true as is_active,
    _ingested_at
from {{ source('shopify', 'shopify_shop') }}
where {{ tenant_days() }}
