-- The campaign that the last visit before an order names. A click id alone names none.
select
    orders.tenant_id,
    orders.day,
    'shopify' as platform,
    orders.shop_id,
    replace(orders.order_id, 'gid://shopify/Order/', '') as order_id,
    case
        when lower(orders.utm_source) in ('facebook', 'fb', 'instagram', 'ig', 'meta') then 'meta_ads'
        when lower(orders.utm_source) in ('google', 'adwords') then 'google_ads'
    end as ads_platform,
    orders.utm_campaign as campaign_id,
    orders._ingested_at
from {{ source('shopify', 'shopify_orders') }} as orders
where
    {{ tenant_days('orders') }}
    and orders.utm_campaign is not null
    and lower(orders.utm_source) in (
        'facebook', 'fb', 'instagram', 'ig', 'meta', 'google', 'adwords'
    )
