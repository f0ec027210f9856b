select
    tenant_id,
    day,
    'meta_ads' as platform,
    account_id,
    id as campaign_id,
    name as campaign_name,
    objective as campaign_type,
    effective_status as campaign_status,
    effective_status = 'ACTIVE' as is_active,
    _ingested_at
from {{ source('meta_ads', 'meta_ads_campaigns') }}
where {{ tenant_days() }}
