package oa.form;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import oa.base.Db;
import oa.base.Failure;
import oa.base.Json;
import oa.base.Labels;
import oa.base.Row;
import oa.util.Text;

/** The form as HTML: early ones from their template file, new ones from the layout in the database. */
public final class FormPage {
    private static final Pattern PLACE = Pattern.compile("\\$\\{(detail\\.)?([a-z][a-z0-9_]*)\\}");

    private FormPage() {}

    public static String html(Db db, long formId) {
        Row form = FormData.form(db, formId);
        List<Row> main = FormData.fields(db, formId, false), detail = FormData.fields(db, formId, true);
        return form.text("kind").equals("early") ? early(form, main, detail) : fromLayout(form, main, detail);
    }

    private static String early(Row form, List<Row> main, List<Row> detail) {
        String template;
        try {
            template = Files.readString(Path.of(form.text("template_path")), Charset.forName("GBK"));
        } catch (IOException e) {
            throw new Failure(500, "template", "表单模板读取失败：" + form.text("template_path"));
        }
        return PLACE.matcher(template).replaceAll(match -> {
            boolean inDetail = match.group(1) != null;
            for (Row field : inDetail ? detail : main)
                if (field.text("name").equals(match.group(2))) return Matcher.quoteReplacement(input(field, inDetail));
            return "";
        });
    }

    private static String fromLayout(Row form, List<Row> main, List<Row> detail) {
        int columns = Json.object(form.text("layout")).getOrDefault("columns", 2L) instanceof Number n ? n.intValue() : 2;
        StringBuilder out = new StringBuilder("<table class=\"form-main\"><caption>" + Text.html(form.text("name")) + "</caption>\n");
        for (int i = 0; i < main.size(); i++) {
            if (i % columns == 0) out.append("<tr>");
            out.append("<th>").append(Text.html(main.get(i).text("label"))).append("</th><td>").append(input(main.get(i), false)).append("</td>");
            if (i % columns == columns - 1 || i == main.size() - 1) out.append("</tr>\n");
        }
        out.append("</table>\n");
        if (detail.isEmpty()) return out.toString();
        out.append("<table class=\"form-detail\" id=\"detail\"><thead><tr>");
        for (Row field : detail) out.append("<th>").append(Text.html(field.text("label"))).append("</th>");
        out.append("</tr></thead>\n<tbody><tr class=\"detail-row\">");
        for (Row field : detail) out.append("<td>").append(input(field, true)).append("</td>");
        out.append("</tr></tbody></table>\n<button type=\"button\" onclick=\"oaAddRow()\">").append(Text.html(Labels.text("form.addrow"))).append("</button>\n");
        return out.toString();
    }

    private static String input(Row field, boolean detail) {
        String name = field.text("name");
        String common = (detail ? " data-detail=\"" : " id=\"f_" + name + "\" data-field=\"") + name + "\"" + (field.number("required") == 1 ? " required" : "");
        if (field.text("type").equals("select")) {
            StringBuilder out = new StringBuilder("<select" + common + "><option value=\"\"></option>");
            // An option is value:text; a list of plain texts serves for both.
            for (String option : field.text("options").split(",")) {
                String[] part = option.split(":", 2);
                out.append("<option value=\"").append(Text.html(part[0])).append("\">").append(Text.html(part[part.length - 1])).append("</option>");
            }
            return out + "</select>";
        }
        Map<String, String> types = Map.of("date", "date", "number", "number");
        return "<input type=\"" + types.getOrDefault(field.text("type"), "text") + "\"" + common + ">";
    }
}
