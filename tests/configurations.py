"""A whole configuration: every table and every kind of value."""

WHOLE = """
[node]
id = "dock-1"
name = "Dock, north side"
site = "dock"
[mqtt]
url = "mqtts://broker.example:8883"
prefix = "acme/plant-3/edgenode/v1"
protocol = "5"
username = "dock-1"
password_file = "mqtt.password"
keep_alive_s = 30
reply_s = 20.0
result_qos = 1
codec = "msgpack"
[outbox]
messages = 1000
bytes = 1000000
result_ttl_s = 3600.0
event_ttl_s = 86400.0
folder = "state"
[handover]
socket = "handover.sock"
findings = 1000
[health]
period_s = 60.0
[models]
store = "store"
folders = []
[sources.front]
use = "replay"
path = ["holiday.jpg", "street.png"]
pace = "recording"
loop = true
rate_hz = 2.0
recorded_at = 2026-05-27T07:32:00Z
[sources.mic]
use = "microphone"
device = "USB"
block_ms = 20
[plugins.people]
use = "object-detection"
source = "front"
model = "coco-ssd-mobilenet-v1"
device = "cpu"
labels = ["person"]
threshold = { default = 0.5, person = 0.4 }
rate_hz = 5
triggers = [{ use = "pace", rate_hz = 5 }]
filters = [{ use = "smoothing", windows = 3 }, { use = "throttle", seconds = 2.0 }]
report = "changes"
[plugins.posture]
use = "pose-estimation"
source = "front"
model = "movenet-lightning"
threshold = 0.3
[plugins.words]
use = "keyword-spotting"
source = "mic"
model = "okay-nabu"
"""
