select
    tenant_id,
    day,
    'shopee' as platform,
    shop_id,
    shop_name,
    case region
        when 'BR' then concat('https://shopee.com.br/shop/', shop_id)
        when 'CL' then concat('https://shopee.cl/shop/', shop_id)
        when 'CO' then concat('https://shopee.com.co/shop/', shop_id)
        when 'ID' then concat('https://shopee.co.id/shop/', shop_id)
        when 'MX' then concat('https://shopee.com.mx/shop/', shop_id)
        when 'MY' then concat('https://shopee.com.my/shop/', shop_id)
        when 'PH' then concat('https://shopee.ph/shop/', shop_id)
        when 'SG' then concat('https://shopee.sg/shop/', shop_id)
        when 'TH' then concat('https://shopee.co.th/shop/', shop_id)
        when 'TW' then concat('https://shopee.tw/shop/', shop_id)
        when 'VN' then concat('https://shopee.vn/shop/', shop_id)
    end as shop_url,
    status = 'NORMAL' as is_active,
    _ingested_at
from {{ source('shopee', 'shopee_shops') }}
where {{ tenant_days() }}
