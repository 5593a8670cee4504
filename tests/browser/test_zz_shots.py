"""shots.py names... : pictures of gallery pages at sizes"""
import pytest, os
from pathlib import Path
from tests.browser.gallery import Gallery, hang
from tests.driver.conftest import *
from tests.payments.conftest import channel, fakes
OUT=Path('/tmp/dv/shots'); OUT.mkdir(exist_ok=True)
SIZES={'320':(320,480),'360':(360,520),'375':(375,603),'412':(412,780)}
@pytest.fixture
def gallery(mall, parked, channel, clock, monkeypatch):
    return Gallery(mall, channel, clock, monkeypatch, os.environ.get('END',''))
@pytest.mark.parametrize('name', os.environ.get('SHOTS','first fee nothing_owed wrong_plate exit_with_car confirming confirming_long paid not_paid ticket hand_over entry').split())
def test_shot(gallery, chromium, name):
    answer=getattr(gallery,name)()
    if answer.status_code==303: answer=gallery.mall.get(answer['Location'])
    for size in os.environ.get('SIZES','360').split():
        for mode in os.environ.get('MODES','light').split():
            c=chromium.new_context(viewport=dict(zip(('width','height'),SIZES[size])),is_mobile=True,has_touch=True,device_scale_factor=1,color_scheme='dark' if mode=='dark' else 'light',java_script_enabled=mode!='noscript')
            p=c.new_page(); hang(p,answer)
            if mode=='twice': p.evaluate('document.documentElement.style.fontSize="36px"')
            p.screenshot(path=OUT/f'{name}-{size}-{mode}.png'); 
            c.close()
