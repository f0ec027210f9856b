with in_force as (
    {{ snapshots_in_force(ref('campaigns'), ['platform', 'account_id', 'campaign_id']) }}
)

select
    campaigns.tenant_id,
    in_force.day,
    campaigns.platform,
    campaigns.account_id,
    campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.campaign_type,
    campaigns.campaign_status,
    campaigns.is_active,
    in_force.snapshot_day,
    in_force.is_backdated
from in_force
inner join {{ ref('campaigns') }} as campaigns
    on
        in_force.snapshot_day = campaigns.day
        and in_force.platform = campaigns.platform
        and in_force.account_id = campaigns.account_id
        and in_force.campaign_id = campaigns.campaign_id
where {{ tenant_snapshots('campaigns') }}
