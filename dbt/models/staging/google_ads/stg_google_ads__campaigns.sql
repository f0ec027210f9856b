select
    tenant_id,
    day,
    'google_ads' as platform,
    account_id,
    campaign_id,
    campaign_name,
    advertising_channel_type as campaign_type,
    campaign_status,
    campaign_status = 'ENABLED' as is_active,
    _ingested_at
from {{ source('google_ads', 'google_ads_campaigns') }}
where {{ tenant_days() }}
