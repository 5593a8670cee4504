"""Chinese licence plates (号牌): parse, normalise, classify and mask. Pure: no database, no request."""

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
