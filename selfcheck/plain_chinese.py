"""Text as rules read it: traditional characters as simplified ones, words that were pulled apart as whole ones."""

import re

_TRADITIONAL = (
    str.maketrans(
        "關註冊會員領優惠紅號碼獲驗證機授權錄車牌費繳請點擊載開啟應繼續確認標準時間單位電話訴說個資訊隱營運經場無須後從過專價廣產業選擇備歷記錄圖區層樓動態線結算帳戶實現與務進離剛錢查詢條規則沒這還發票據憑證統一編寫條長減贈禮積換兌獎勵掃維識別為處辦鍵鈕",
        "关注册会员领优惠红号码获验证机授权录车牌费缴请点击载开启应继续确认标准时间单位电话诉说个资讯隐营运经场无须后从过专价广产业选择备历记录图区层楼动态线结算账户实现与务进离刚钱查询条规则没这还发票据凭证统一编写条长减赠礼积换兑奖励扫维识别为处办键钮",
    )
    | str.maketrans(
        "視頻訂閱購滿額綁連鎖簽約儲級續預試駕報險貸傳張邀參熱賺輛愛駛齡羣搶樂覽導雲樣圍課術養樓號軟體關閉眾貴賓禮憑",
        "视频订阅购满额绑连锁签约储级续预试驾报险贷传张邀参热赚辆爱驶龄群抢乐览导云样围课术养楼号软体关闭众贵宾礼凭",
    )
    | str.maketrans(
        "曆盤麼稅網覺讓請訊們來對時會過裡裏東車頭電話廳鎮縣國門開閉閱讀寫檢測試驗證號碼單據貨櫃檯臺灣龍鳳鳥魚馬鹽麥黃點齊齒歲歷紀約級純紙紅細終組結絡給統絲經綠維緊線編緣縮總績織繼續罰職聯聲聽肅臨舊艙藝節蘋藥處號衛裝補複見規視親觀計訂討訓記設許訴診評詞詳語誤說調談論諾謝譯議護負財貢貧販責貴買費貼賀賓賠賞賢質賴購贈趕趙跡踐車軌軍軟較輕載輔輛輝輪輸轄轉辦邊遠適遲選遞郵鄉釋鈔鈴鈕鉛銀銅銷鋒鋼錄錢錯鍵鎖鏡鐘鐵鑰長閃閒間閘閣關闆陣陰陳陸陽隊階際隨險隱雙雜離難雲電靈靜頁頂項順須預頓頗領頻題額顏願類顧顯風飛飯飲館駐駛駕騎驚驗體髮鬧魯鮮麗黨",
        "历盘么税网觉让请讯们来对时会过里里东车头电话厅镇县国门开闭阅读写检测试验证号码单据货柜台台湾龙凤鸟鱼马盐麦黄点齐齿岁历纪约级纯纸红细终组结络给统丝经绿维紧线编缘缩总绩织继续罚职联声听肃临旧舱艺节苹药处号卫装补复见规视亲观计订讨训记设许诉诊评词详语误说调谈论诺谢译议护负财贡贫贩责贵买费贴贺宾赔赏贤质赖购赠赶赵迹践车轨军软较轻载辅辆辉轮输辖转办边远适迟选递邮乡释钞铃钮铅银铜销锋钢录钱错键锁镜钟铁钥长闪闲间闸阁关板阵阴陈陆阳队阶际随险隐双杂离难云电灵静页顶项顺须预顿颇领频题额颜愿类顾显风飞饭饮馆驻驶驾骑惊验体发闹鲁鲜丽党",
    )
    | str.maketrans(
        "礙擔歸廢擴慶遊戲嗎廠廁築鋪煙藍橋島嶺濟滬漢滅潔潤瀏灑燈燒爐牆獨獻畫異療盡監磚競筆範籃糧糾紋納紹絕綜綱練繞羅義習聖聞膽臉華萬葉薦蘭蟲褲觸託訪詐誇誌誘誠諸譽變豐貓賊賜輯農週達違遙遺鄰醫針鉤錶錦鍋鑽隻雞霧韓響飾餅餘饋馳騙騰鬆籌係佔僅償兒內兩凍刪創劃劑勞勢匯協叢問喚嚮嚴團園塊塗墊壓壞壯壽夠夾奪妝姍娛婦媽孫學寢審寬寶將尋屆屬崗幣幫幹幾庫廚廢強彈彙徑復徵慣慮憂憶懇懸懷拋挾捨掛採揮損搖撥撫擁擋擠攜攝攤敗敘數斷於昇曉曬書朧棄極榮構槍樹橫檔櫥歐歡殘殼毀氣決沖況淨淺湯溝溫滲漁漲濕濾灘燙爺牽狀猶環畢當疊痺盜睏瞭礦禦種稱穀穩窮竊筍簡籤糰紐紗紮綺緩縱腦腳膚興舉蓋蔣蕭蘊虛蝦衝製襯覓",
        "碍担归废扩庆游戏吗厂厕筑铺烟蓝桥岛岭济沪汉灭洁润浏洒灯烧炉墙独献画异疗尽监砖竞笔范篮粮纠纹纳绍绝综纲练绕罗义习圣闻胆脸华万叶荐兰虫裤触托访诈夸志诱诚诸誉变丰猫贼赐辑农周达违遥遗邻医针钩表锦锅钻只鸡雾韩响饰饼余馈驰骗腾松筹系占仅偿儿内两冻删创划剂劳势汇协丛问唤向严团园块涂垫压坏壮寿够夹夺妆姗娱妇妈孙学寝审宽宝将寻届属岗币帮干几库厨废强弹汇径复征惯虑忧忆恳悬怀抛挟舍挂采挥损摇拨抚拥挡挤携摄摊败叙数断于升晓晒书胧弃极荣构枪树横档橱欧欢残壳毁气决冲况净浅汤沟温渗渔涨湿滤滩烫爷牵状犹环毕当叠痹盗困了矿御种称谷稳穷窃笋简签团纽纱扎绮缓纵脑脚肤兴举盖蒋萧蕴虚虾冲制衬觅",
    )
    | {
        full: full - 0xFEE0
        for full in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
    }
)

_NICKNAMES = (
    (re.compile(r"(?<![a-z])(?:vx|v信|wx|weixin)(?![a-z:./-])|[薇威徽卫维]信", re.IGNORECASE), "微信"),
    (re.compile(r"[闗関]\s?[注註紸]|guan\s?zhu", re.IGNORECASE), "关注"),
    (re.compile(r"[\u2795]|＋(?=微|群|好友)"), "加"),
    (re.compile(r"(?<=[车惠金领取])[卷劵](?=领|[，,。！!、\s]|$)|[卷劵](?=名额|限量|已到账|大派送)"), "券"),
    (re.compile(r"[观関][注住]|关[住柱]"), "关注"),
    (re.compile(r"公[仲種]号|公众[呺昊]|gzh", re.IGNORECASE), "公众号"),
)

_HAN = r"[\u4e00-\u9fff]"

# Words pulled apart: by signs between two characters, by a space between each two, by a space at a number.
_PULLED_APART = re.compile(
    rf"(?<={_HAN})[★☆●○◆◇■□♥❤•*_~^]+(?={_HAN})|(?<={_HAN})[ \t\u3000]+(?=\d)|(?<=\d)[ \t\u3000]+(?={_HAN})"
)

_SPELLED_OUT = re.compile(rf"(?<!{_HAN})(?:{_HAN}[ \t\u3000\n]+){{2,}}{_HAN}(?!{_HAN})")

_TWO_APART = re.compile(
    rf"^\s*({_HAN})[ \t\u3000]+({_HAN})\s*$", re.MULTILINE
)  # as on the buttons of old pages

_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")


def simplified(text: str) -> str:
    """Return the text in simplified characters and plain digits, with words that were pulled apart joined."""
    plain = _PULLED_APART.sub("", _INVISIBLE.sub("", text.translate(_TRADITIONAL)))
    for nickname, name in _NICKNAMES:
        plain = nickname.sub(name, plain)
    plain = _TWO_APART.sub(r"\1\2", plain)
    return _SPELLED_OUT.sub(lambda found: re.sub(r"\s", "", found.group()), plain)


def length(text: str) -> float:
    """Return how long a label is, in Chinese characters: one of them says as much as two letters."""
    han = len(re.findall(_HAN, text))
    return han + (len(text) - han) / 2
