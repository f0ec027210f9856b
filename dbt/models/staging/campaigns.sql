{{ union_platforms('campaigns', ['meta_ads', 'google_ads'], {
    'tenant_id': 'text', 'day': 'day', 'platform': 'text', 'account_id': 'text', 'campaign_id': 'text',
    'campaign_name': 'text', 'campaign_type': 'text', 'campaign_status': 'text', 'is_active': 'flag',
    '_ingested_at': 'instant'
}) }}
