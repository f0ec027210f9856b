with in_force as (
    {{ snapshots_in_force(ref('shops'), ['platform', 'shop_id']) }}
)

select
    shops.tenant_id,
    in_force.day,
    shops.platform,
    shops.shop_id,
    shops.shop_name,
    shops.shop_url,
    shops.is_active,
    in_force.snapshot_day,
    in_force.is_backdated
from in_force
inner join {{ ref('shops') }} as shops
    on
        in_force.snapshot_day = shops.day
        and in_force.platform = shops.platform
        and in_force.shop_id = shops.shop_id
where {{ tenant_snapshots('shops') }}
