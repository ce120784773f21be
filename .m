To: joe
Subject: x

text
