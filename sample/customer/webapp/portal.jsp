<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.workflow.*" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>首页</title><link rel="stylesheet" href="css/oa.css"></head>
<body>
<%@ include file="inc/top.jspf" %>
<main class="portal">
<%
try (Db db = Db.open()) {
    for (int area = 1; area <= 2; area++) {
%>
<div class="area area-<%= area %>">
<%
        for (Row element : db.list("SELECT code, label, kind, style FROM portal_element WHERE enabled = 1 AND area = ? ORDER BY position", area)) {
%>
<section class="element element-<%= Text.html(element.text("style")) %>" id="e-<%= Text.html(element.text("code")) %>">
<h2><%= Text.html(Labels.text(element.text("label"))) %></h2>
<ul>
<%
            if (element.text("kind").equals("todo")) for (Row row : Requests.todo(db, person)) { %>
<li><a href="request.jsp?id=<%= row.number("id") %>"><%= Text.html(row.text("title")) %></a> <span><%= Text.html(row.text("received")) %></span></li>
<%          }
            if (element.text("kind").equals("mine")) for (Row row : Requests.mine(db, person, 8)) { %>
<li><a href="request.jsp?id=<%= row.number("id") %>"><%= Text.html(row.text("title")) %></a> <span><%= Labels.text("state." + row.text("state")) %></span></li>
<%          }
            if (element.text("kind").equals("notice")) for (Row row : db.list("SELECT title, created_at FROM portal_notice ORDER BY id DESC LIMIT 5")) { %>
<li><%= Text.html(row.text("title")) %> <span><%= Text.html(row.text("created_at")) %></span></li>
<%          }
            if (element.text("kind").equals("document")) for (Row row : db.list("SELECT title, created_at FROM doc_document ORDER BY id DESC LIMIT 5")) { %>
<li><%= Text.html(row.text("title")) %> <span><%= Text.html(row.text("created_at")) %></span></li>
<%          }
            if (element.text("kind").equals("links")) { %>
<li><a href="help/index.html">帮助</a></li>
<li><a href="custom/phonebook.jsp">通讯录</a></li>
<li><a href="custom/balance.jsp">假期余额</a></li>
<%          } %>
</ul>
</section>
<%      } %>
</div>
<%  }
} %>
</main>
<footer>协同办公平台 7.4</footer>
</body></html>
